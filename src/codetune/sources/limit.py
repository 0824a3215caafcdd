"""At most so many rows of a source: the ones with the smallest hash of seed and id, in one pass.

Pieces of work go in, the parts of a dataset directory come out. Each piece is parsed once: its
rejected rows are written, and of its rows those that may still be among the chosen ones are set
aside as candidates. A bound that falls with every piece keeps them few. When the last piece is done
the cutoff is known, and each part is cut out of its candidates. Other rows, other pieces or other
numbers of workers change nothing about the choice.
"""

from __future__ import annotations

import heapq
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from codetune.records import Record
from codetune.seeding import rank
from codetune.store.atomic import replacing
from codetune.store.columns import table_of_records
from codetune.store.context import StageContext
from codetune.store.dataset import Shard, write_kept, write_rejected

__all__ = ["LimitedRows"]

_FOLDER = ".candidates"
_FOUND = b"found"


class LimitedRows:
    """The choice of at most `limit` rows, written part by part.

    Args:
        folder: Dataset directory, not finished yet.
        kind: Record type of the rows.
        seed: The run's seed.
        limit: Most rows to keep, at least 1.
        finished: What is done to the rows that may be chosen; picklable, leaves ids and order alone.

    Attributes:
        found: Rows found in all pieces, once `write` has run.
    """

    def __init__(
        self,
        folder: Path,
        kind: type[Record],
        *,
        seed: int,
        limit: int,
        finished: Callable[[pa.Table], pa.Table] | None = None,
    ) -> None:
        self.found = 0
        self._folder = folder
        self._kind = kind
        self._seed = seed
        self._limit = limit
        self._finished = finished
        self._smallest: list[int] = []
        """The `limit` smallest ranks so far, negated: a heap whose first entry is the greatest of them."""

    def write(
        self, context: StageContext, work: Callable[[Any], Shard[Any]], items: Iterable[Any]
    ) -> Iterator[int]:
        """Read all pieces and write the parts of the chosen rows.

        Args:
            context: Its engine does the work.
            work: Picklable; turns one piece into records and may depend on its piece alone.
            items: The pieces, in an order that is the same in every run.

        Yields:
            Rows found so far, once for each piece.
        """
        job = partial(_set_aside, work, self._folder, self._kind, self._seed, self._limit, self._finished)
        pieces = 0
        for found, ranks in context.engine.map(job, self._numbered(items)):
            pieces += 1
            self.found += found
            self._lower_bound(ranks)
            yield self.found
        cutoff = self._bound if self.found > self._limit else None
        cut = partial(_cut_out, self._folder, self._seed, cutoff)
        for _ in context.engine.map(cut, range(pieces)):
            pass

    def clean_up(self) -> None:
        """Remove the candidates; to be called when the dataset directory is finished."""
        shutil.rmtree(self._folder / _FOLDER, ignore_errors=True)

    @property
    def _bound(self) -> bytes | None:
        """No row of a greater rank can be chosen any more; None while any can."""
        return (-self._smallest[0]).to_bytes(16, "big") if len(self._smallest) == self._limit else None

    def _numbered(self, items: Iterable[Any]) -> Iterator[_Piece]:
        for index, item in enumerate(items):
            yield _Piece(index, item, self._bound)

    def _lower_bound(self, ranks: Iterable[bytes]) -> None:
        for one in ranks:
            value = -int.from_bytes(one, "big")
            if len(self._smallest) < self._limit:
                heapq.heappush(self._smallest, value)
            elif value > self._smallest[0]:
                heapq.heapreplace(self._smallest, value)


@dataclass(frozen=True, slots=True)
class _Piece:
    index: int
    item: Any
    bound: bytes | None


def _candidates(folder: Path, index: int) -> Path:
    return folder / _FOLDER / f"part-{index:05d}.arrow"


def _set_aside(
    work: Callable[[Any], Shard[Any]],
    folder: Path,
    kind: type[Record],
    seed: int,
    limit: int,
    finished: Callable[[pa.Table], pa.Table] | None,
    piece: _Piece,
) -> tuple[int, list[bytes]]:
    """Rows found in a piece, and the ranks of its candidates; runs in a worker."""
    path = _candidates(folder, piece.index)
    if path.exists():  # an interrupted run has read this piece
        table = _read(path)
        ranks = [rank(seed, record_id, "limit") for record_id in table.column("id").to_pylist()]
        return int(table.schema.metadata[_FOUND]), ranks
    shard = work(piece.item)
    ids = shard.table.column("id").to_pylist() if shard.table is not None else [row.id for row in shard.kept]
    ranks = [rank(seed, record_id, "limit") for record_id in ids]
    own = heapq.nsmallest(limit, ranks)
    bound = min(own[-1], piece.bound or own[-1]) if own else b""
    chosen = [one <= bound for one in ranks]
    if shard.table is not None:
        table = shard.table.filter(pa.array(chosen, pa.bool_()))
    else:
        table = table_of_records(kind, [row for row, is_in in zip(shard.kept, chosen, strict=True) if is_in])
    table = finished(table) if finished is not None else table
    write_rejected(folder, kind, piece.index, shard.rejected)
    with replacing(path) as temporary, pa.OSFile(str(temporary), "wb") as file:
        described = table.replace_schema_metadata({_FOUND: str(len(ids)).encode()})
        with pa.ipc.new_file(file, described.schema) as writer:
            writer.write_table(described)
    return len(ids), sorted(one for one in ranks if one <= bound)


def _cut_out(folder: Path, seed: int, cutoff: bytes | None, index: int) -> None:
    """Write a part from its candidates; rows with one id are all in or all out. Runs in a worker."""
    table = _read(_candidates(folder, index)).replace_schema_metadata(None)
    if cutoff is not None:
        chosen = [rank(seed, record_id, "limit") <= cutoff for record_id in table.column("id").to_pylist()]
        table = table.filter(pa.array(chosen, pa.bool_()))
    write_kept(folder, index, table)


def _read(path: Path) -> pa.Table:
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_file(file) as reader:
        return reader.read_all()
