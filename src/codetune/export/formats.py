"""The shapes other tools want a row in; a row in, plain data out, nothing is written here."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from codetune.errors import ConfigError, DataError
from codetune.records import Conversation, Instruction, Record
from codetune.text.conversation import conversation_of, user_text

__all__ = ["FORMATS", "Format", "get_format"]

Row = dict[str, Any]

_SHAREGPT_NAMES = {"system": "system", "user": "human", "assistant": "gpt"}


@dataclass(frozen=True)
class Format:
    """One file format's rows."""

    name: str
    holds: str
    """A few words for help texts."""
    shape: Callable[[Record], Row]
    reads: tuple[type[Record], ...]
    """Record types that can be written in it."""
    by_task: bool = False
    """Whether each task also gets a file of its own."""

    def check(self, kind: type[Record]) -> None:
        """Reject record types that the format has no place for.

        Raises:
            DataError: Of another type.
        """
        if kind not in self.reads:
            names = " or ".join(reads.__name__ for reads in self.reads)
            raise DataError(
                f"the format {self.name} needs {names} rows, the dataset holds {kind.__name__}",
                next_step="word them first with codetune's tasks stage, or choose another format",
            )


def _alpaca(record: Record) -> Row:
    assert isinstance(record, Instruction)
    return {"instruction": record.instruction, "input": record.input, "output": record.output}


def _completion(record: Record) -> Row:
    assert isinstance(record, Instruction)
    return {"prompt": user_text(record.instruction, record.input), "completion": record.output}


def _conversation(record: Record) -> Conversation:
    if isinstance(record, Conversation):
        return record
    assert isinstance(record, Instruction)
    return conversation_of(record)


def _messages(record: Record) -> Row:
    turns = _conversation(record).messages
    return {"messages": [{"role": turn.role, "content": turn.content} for turn in turns]}


def _sharegpt(record: Record) -> Row:
    turns = _conversation(record).messages
    return {"conversations": [{"from": _SHAREGPT_NAMES[turn.role], "value": turn.content} for turn in turns]}


_ALL = (
    Format("comit", "CoMIT's instruction/input/output, a file for all and one for each task",
           _alpaca, (Instruction,), by_task=True),
    Format("alpaca", "instruction, input, output", _alpaca, (Instruction,)),
    Format("sharegpt", "conversations of human and gpt", _sharegpt, (Instruction, Conversation)),
    Format("messages", "messages with role and content, as chat models and TRL read them",
           _messages, (Instruction, Conversation)),
    Format("completion", "prompt and completion, as TRL reads them", _completion, (Instruction,)),
)  # fmt: skip

FORMATS = MappingProxyType({form.name: form for form in _ALL})
"""Name -> format."""


def get_format(name: str) -> Format:
    """The format of that name.

    Raises:
        ConfigError: There is none; the nearest is named.
    """
    try:
        return FORMATS[name]
    except KeyError:
        near = difflib.get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of: {', '.join(FORMATS)}"
        raise ConfigError(f"there is no export format {name!r}", next_step=hint) from None
