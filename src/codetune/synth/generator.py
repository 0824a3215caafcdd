"""The seam between the engine and what it is for: a generator turns rows into instructions.

What enters is a work item, one input row or several; what leaves is what was kept and what was
refused, with reasons. Asking, retrying, storing, running code and writing parts are the engine's
business; wording the question and judging the answer are the generator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

from codetune.records import Instruction, Record
from codetune.store.dataset import RejectedRow, Shard
from codetune.synth.runtime.generation_context import Desk

__all__ = ["STAGE", "Generator", "Remembers", "refused"]

STAGE = "synth"
"""What `rejects/` calls this stage."""


class Generator(Protocol):
    """One way to make instructions; picklable, without state."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """A line for `codetune generators`."""
    consumes: ClassVar[type[Record]]
    prompts: ClassVar[Mapping[str, frozenset[str]]]
    """Prompt name without language -> the variables it is given."""
    runs_code: ClassVar[bool]
    """Whether it needs the sandbox."""

    def items(self, records: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Group the rows of one part into work items; every row is in exactly one."""
        ...

    async def make(self, item: tuple[Any, ...], desk: Desk) -> Shard[Instruction]:
        """Work on one item; the result depends on it and the answers alone."""
        ...


@runtime_checkable
class Remembers(Protocol):
    """A generator whose rows must differ from all earlier ones: its parts are made one by one."""

    def recall(self, earlier: Iterable[Instruction]) -> None:
        """Take in rows of finished parts (and, first, the input itself)."""
        ...

    def settle(self, made: Sequence[Shard[Instruction]]) -> Shard[Instruction]:
        """Decide over a whole part, its items in order; what is kept is remembered."""
        ...


def refused(row: Instruction, reason: str, detail: str) -> Shard[Instruction]:
    """A shard that holds one refusal."""
    return Shard((), (RejectedRow(row=row, stage=STAGE, reason=reason, detail=detail),))
