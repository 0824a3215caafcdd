"""The protocol that every generator implements: it turns input rows into new rows.

A work item (one input row or several) goes in; kept rows and rejected rows with reasons come out.
A generator writes the question and checks the answer. Requests, retries, storage, running code and
writing parts are in `synth.runtime`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

from codetune.records import Instruction, Record
from codetune.rejection import Rejection
from codetune.store.dataset import RejectedRow, Shard
from codetune.synth.options import Profile
from codetune.synth.runtime.generation_context import GenerationContext

__all__ = ["STAGE", "Generator", "StatefulGenerator", "SurveyingGenerator", "rejected"]

STAGE = "synth"
"""What `rejects/` calls this stage."""


class Generator(Protocol):
    """Makes rows of one type from rows of another; picklable, without state."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """A line for `codetune generators`."""
    consumes: ClassVar[type[Record]]
    produces: ClassVar[type[Record]]
    prompts: ClassVar[Mapping[str, frozenset[str]]]
    """Prompt name without language -> the variables it is given."""
    runs_code: ClassVar[bool]
    """Whether it needs the sandbox."""
    profile: Profile
    """For which kind of model its prompts, forms and checks are."""

    def items(self, records: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Group the rows of one part into work items; every row is in exactly one."""
        ...

    async def make(self, item: tuple[Any, ...], context: GenerationContext) -> Shard[Any]:
        """Work on one item; the result depends on it and the answers alone."""
        ...


@runtime_checkable
class StatefulGenerator(Protocol):
    """A generator whose rows must differ from all earlier rows. Its parts are made one after the other."""

    def load(self, earlier: Iterable[Instruction]) -> None:
        """Take in rows of finished parts (and, first, the input itself)."""
        ...

    def finalize(self, made: Sequence[Shard[Instruction]]) -> Shard[Instruction]:
        """Decide over a whole part, its items in order; what is kept is remembered."""
        ...


@runtime_checkable
class SurveyingGenerator(Protocol):
    """A generator that looks at all of its input once, before the first question, and then knows more about it."""

    def surveyed(self, records: Iterable[Any]) -> Generator:
        """The generator with what it saw; it depends on the records alone, not on their order."""
        ...


def rejected(row: Record, why: Rejection) -> Shard[Any]:
    """A shard that holds one rejected row."""
    return Shard((), (RejectedRow(row=row, stage=STAGE, reason=why.reason, detail=why.detail),))
