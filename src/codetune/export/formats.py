"""The shapes other tools want a row in; a row in, plain data out, nothing is written here."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from codetune.code.languages import display_name
from codetune.edits.formats.registry import EditFormat, edit_format
from codetune.errors import ConfigError, DataError
from codetune.records import Commit, Conversation, Edit, EditHistory, Instruction, Record, Snippet, Submission
from codetune.text.conversation import conversation_of, user_text
from codetune.text.edit_conversation import cursorcore_turns, edit_conversation

__all__ = ["FORMATS", "Format", "get_format"]

Row = Any
"""What one row becomes: a JSON object, or a list where another tool wants one."""

_SHAREGPT_NAMES = {"system": "system", "user": "human", "assistant": "gpt"}


@dataclass(frozen=True)
class Format:
    """One file format's rows."""

    name: str
    holds: str
    """A few words for help texts."""
    shape: Callable[[Record, EditFormat], Row]
    reads: tuple[type[Record], ...]
    """Record types that can be written in it."""
    by_task: bool = False
    """Whether each task also gets a file of its own."""
    has_columns: bool = True
    """Whether rows are flat enough for a table, and further columns can be carried along."""
    edits: EditFormat = field(default_factory=lambda: edit_format("whole-file"))
    """How answers of edits are written."""

    def check(self, kind: type[Record]) -> None:
        """Reject record types that the format has no place for.

        Raises:
            DataError: Of another type.
        """
        if kind not in self.reads:
            names = " or ".join(reads.__name__ for reads in self.reads)
            raise DataError(
                f"the format {self.name} needs {names} rows, the dataset holds {kind.__name__}",
                next_step="make instructions of them with codetune tasks, or choose another format"
                if kind in (Snippet, Commit, Submission)
                else "choose another format",
            )


def _alpaca(record: Record, edits: EditFormat) -> Row:
    assert isinstance(record, Instruction)
    return {"instruction": record.instruction, "input": record.input, "output": record.output}


def _completion(record: Record, edits: EditFormat) -> Row:
    if isinstance(record, Edit):
        asked, answered = edit_conversation(record, edits).messages
        return {"prompt": asked.content, "completion": answered.content}
    assert isinstance(record, Instruction)
    return {"prompt": user_text(record.instruction, record.input), "completion": record.output}


def _conversation(record: Record, edits: EditFormat) -> Conversation:
    if isinstance(record, Conversation):
        return record
    if isinstance(record, Edit):
        return edit_conversation(record, edits)
    assert isinstance(record, Instruction)
    return conversation_of(record)


def _messages(record: Record, edits: EditFormat) -> Row:
    turns = _conversation(record, edits).messages
    return {"messages": [{"role": turn.role, "content": turn.content} for turn in turns]}


def _sharegpt(record: Record, edits: EditFormat) -> Row:
    turns = _conversation(record, edits).messages
    return {"conversations": [{"from": _SHAREGPT_NAMES[turn.role], "value": turn.content} for turn in turns]}


def _cursorcore(record: Record, edits: EditFormat) -> Row:
    if isinstance(record, EditHistory):
        return _cursorcore_history(record)
    if isinstance(record, Snippet):
        return record.code
    assert isinstance(record, Edit)

    def state(code: str, language: str | None) -> dict[str, str]:
        return {"type": "code", "lang": _language(language).lower(), "code": code}

    current = record.current
    area = record.area
    return {
        "history": [state(one.code, one.programming_language) for one in record.history],
        "current": state(current.code, current.programming_language),
        "user": record.user,
        "chat": record.chat,
        "next": state(record.next, current.programming_language),
        "loc": area[0] if area is not None and len(area) == 1 else area,
    }


def _language(name: str | None) -> str:
    return display_name(name) if name else ""


def _cursorcore_history(record: EditHistory) -> Row:
    """A row of aiprogrammer.json, commit.json or submit_process.json, as the history's origin says."""
    if record.origin == "ai-programmer":
        code = record.versions[-1]
        return {"input": {"code": f"```\n{code}\n```", "content": code}, "output": list(record.versions)}
    if record.origin == "commit":  # the file has one change a row; the request is the last one's
        before, after = record.versions[-2:]
        name = record.programming_language
        language = "shell" if name == "bash" else _language(name).lower()
        return {"code1": before, "code2": after, "lang": language, "git": record.request}
    return {
        "language": _language(record.programming_language),
        "submissions": list(record.versions),
        "problems_contexts": record.request,
    }


def _cursorcore_turns(record: Record, edits: EditFormat) -> Row:
    if isinstance(record, Conversation):
        return [{"role": turn.role, "content": turn.content} for turn in record.messages]
    assert isinstance(record, Edit)
    return cursorcore_turns(record, edits)


_ALL = (
    Format("comit", "CoMIT's instruction/input/output, a file for all and one for each task",
           _alpaca, (Instruction,), by_task=True),
    Format("alpaca", "instruction, input, output", _alpaca, (Instruction,)),
    Format("sharegpt", "conversations of human and gpt", _sharegpt, (Instruction, Edit, Conversation)),
    Format("messages", "messages with role and content, as chat models and TRL read them",
           _messages, (Instruction, Edit, Conversation)),
    Format("completion", "prompt and completion, as TRL reads them", _completion, (Instruction, Edit)),
    Format("cursorcore", "Programming-Instruct's files: edits, histories of one origin, snippets",
           _cursorcore, (Edit, EditHistory, Snippet), has_columns=False),
    Format("cursorcore-turns", "turns with the roles history, current, user, assistant, as CursorCore trains on",
           _cursorcore_turns, (Edit, Conversation), has_columns=False),
)  # fmt: skip

FORMATS = MappingProxyType({form.name: form for form in _ALL})
"""Name -> format."""


def get_format(name: str, edits: str = "whole-file") -> Format:
    """The format of that name.

    Args:
        name: A key of `FORMATS`.
        edits: How answers of edits are written: a key of `EDIT_FORMATS`.

    Raises:
        ConfigError: There is none; the nearest is named.
    """
    try:
        return replace(FORMATS[name], edits=edit_format(edits))
    except KeyError:
        near = difflib.get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of: {', '.join(FORMATS)}"
        raise ConfigError(f"there is no export format {name!r}", next_step=hint) from None
