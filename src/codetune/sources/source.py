"""What a source is: upstream's files in, records out.

A source opens a path and gives back a `Collection`: a list of independent pieces of work and the
function that turns one piece into a `Shard`. Pieces are cut the same way in every run, so the
stage can spread them over workers, stop anywhere, and go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from codetune.records import Record
from codetune.sources.config import CollectConfig
from codetune.store.dataset import RejectedRow, Shard

__all__ = ["STAGE", "Collection", "Source", "rejected_row"]

STAGE = "collect"


@dataclass(frozen=True, kw_only=True)
class Collection:
    """An opened path: the work that is to do there."""

    items: Callable[[], Iterable[Any]]
    """Pieces of work, streamed; the same pieces in the same order at every call."""
    work: Callable[[Any], Shard[Any]]
    """Turns one piece into records; picklable, depends on its piece alone."""
    inputs: Mapping[str, str]
    """Name of each input -> hash of its content, for the plan."""
    total: int | None = None
    """Number of pieces where it is known beforehand."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """What was seen while opening, for the run card: files passed over, by reason."""


@runtime_checkable
class Source(Protocol):
    """One kind of upstream data.

    Attributes:
        name: As `codetune sources` lists it and recipes write it.
        holds: A few words: what the data are.
        reads: A few words: the files, as upstream publishes them.
        record: Type of record it yields.
        license: SPDX expression of the data as upstream states it; None where it differs by row or
            is not stated. A source that has one also has `license_url`: the file or page that states it.
        url: Where upstream publishes it; None for formats without an owner.
    """

    @property
    def name(self) -> str: ...

    @property
    def holds(self) -> str: ...

    @property
    def reads(self) -> str: ...

    @property
    def record(self) -> type[Record]: ...

    @property
    def license(self) -> str | None: ...

    @property
    def url(self) -> str | None: ...

    def open(self, config: CollectConfig, seed: int) -> Collection:
        """Look at the path without reading all of it.

        Raises:
            DataError: There is nothing of this source there, or it can't be read.
        """
        ...


def rejected_row(row: Record | Mapping[str, Any], reason: str, detail: str = "") -> RejectedRow:
    """A row that the collect stage rejects."""
    return RejectedRow(row=row, stage=STAGE, reason=reason, detail=detail)
