"""A seeded choice of at most so many rows, that other rows can't reshuffle."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import pyarrow as pa

from codetune.store.dataset import Shard

__all__ = ["Chosen", "Ranks", "cutoff_of", "rank"]


def rank(seed: int, record_id: str) -> bytes:
    """The place of a record in the seed's order of all records there could ever be."""
    return blake2b(f"{seed}:{record_id}:limit".encode(), digest_size=12).digest()


def _ids(shard: Shard[Any]) -> list[str]:
    if shard.table is not None:
        return list(shard.table.column("id").to_pylist())
    return [row.id for row in shard.kept]


@dataclass(frozen=True, slots=True)
class Ranks:
    """First pass: the smallest ranks of one piece of work."""

    work: Callable[[Any], Shard[Any]]
    seed: int
    limit: int

    def __call__(self, item: Any) -> tuple[int, list[bytes]]:
        ids = _ids(self.work(item))
        return len(ids), heapq.nsmallest(self.limit, (rank(self.seed, record_id) for record_id in ids))


def cutoff_of(results: Iterable[tuple[int, list[bytes]]], limit: int) -> tuple[int, bytes | None]:
    """Rows found, and the greatest rank that is still among the first `limit`; None if all are."""
    found = 0
    smallest: list[bytes] = []
    for count, ranks in results:
        found += count
        smallest = heapq.nsmallest(limit, heapq.merge(smallest, ranks))
    return found, smallest[-1] if found > limit else None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Second pass: only the rows up to the cutoff. Rows with one id share its fate."""

    work: Callable[[Any], Shard[Any]]
    seed: int
    cutoff: bytes

    def __call__(self, item: Any) -> Shard[Any]:
        shard = self.work(item)
        if shard.table is not None:
            chosen = [rank(self.seed, record_id) <= self.cutoff for record_id in _ids(shard)]
            return Shard((), shard.rejected, shard.table.filter(pa.array(chosen, pa.bool_())))
        kept = [row for row in shard.kept if rank(self.seed, row.id) <= self.cutoff]
        return Shard(kept, shard.rejected)
