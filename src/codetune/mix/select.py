"""Which rows of a part are taken: a choice by record id, so that other rows can't reshuffle it.

Every record has one place in the seed's order of all records there could ever be. A part takes
the first so many of its rows in that order; another part, another file or another worker changes
nothing about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from codetune.seeding import fraction, rank
from codetune.sources.rows.splits import is_wanted, splits_of_tags
from codetune.store.dataset import parquet_errors

__all__ = ["Choice", "Wanted", "choose", "split_of"]

_COLUMNS = ("id", "task", "language", "programming_language", "license", "tags")


def split_of(seed: int, group: str, valid: float, test: float) -> str | None:
    """The split of a group: `train`, `valid` or `test`; rows of one group are never parted.

    Returns:
        None where the row is of several groups (` & ` between them) that fall into different splits:
        whatever split it stood in, one of its halves would straddle.
    """
    found = {_split_of_one(seed, one, valid, test) for one in group.split(" & ")}
    return found.pop() if len(found) == 1 else None


def _split_of_one(seed: int, group: str, valid: float, test: float) -> str:
    place = fraction(seed, group, "split")
    if place < valid:
        return "valid"
    return "test" if place < valid + test else "train"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a part asks of a row."""

    count: int
    task: str | None = None
    language: str | None = None
    programming_languages: tuple[str, ...] = ()
    upstream_splits: tuple[str, ...] = ()

    def accepts(self, row: dict[str, Any]) -> bool:
        """Whether a row is of the wanted kind."""
        return (
            (self.task is None or row["task"] == self.task)
            and (self.language is None or row["language"] == self.language)
            and (not self.programming_languages or row["programming_language"] in self.programming_languages)
        )

    def is_in_split(self, row: dict[str, Any]) -> bool:
        """Whether a row is in upstream's splits that are taken."""
        return is_wanted(splits_of_tags(row["tags"] or ()), self.upstream_splits)


@dataclass(slots=True, kw_only=True)
class Choice:
    """What was found in a part and what of it is taken."""

    found: int = 0
    """Rows in the part's dataset."""
    eligible: int = 0
    """Rows of the wanted kind, each content once, that no earlier part took."""
    taken: int = 0
    """Rows that go into the mixture, copies included."""
    copies: int = 0
    """Rows that are there more than once: how many of `taken` are repetitions."""
    taken_earlier: int = 0
    """Eligible rows that an earlier part has taken already."""
    other_splits: int = 0
    """Rows of the wanted kind in a split of upstream's that is not taken, e.g. `test`."""
    rows: dict[Path, list[tuple[int, int]]] = field(default_factory=dict)
    """File -> (row number in it, how often), in the file's order."""
    licenses: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    programming_languages: Counter[str] = field(default_factory=Counter)


def _rows(files: Sequence[Path]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for number, path in enumerate(files):
        index = 0
        with parquet_errors(path):
            for batch in pq.ParquetFile(path).iter_batches(batch_size=20_000, columns=list(_COLUMNS)):
                for row in batch.to_pylist():
                    yield number, index, row
                    index += 1


def choose(
    files: Sequence[Path], wanted: Wanted, *, seed: int, taken: set[bytes], upsample: bool = False
) -> Choice:
    """Choose rows of one part.

    Args:
        files: Parquet parts of a dataset of instructions.
        wanted: Kind and number.
        seed: The run's seed.
        taken: Ids that earlier parts took; grows by the ones taken here.
        upsample: Repeat rows where there are too few, each as often as the others or once more.

    Returns:
        The choice; memory grows with the number of eligible rows (some 150 bytes each).
    """
    choice = Choice()
    ranked: list[tuple[bytes, int, int]] = []
    seen: set[bytes] = set()
    for number, index, row in _rows(files):
        choice.found += 1
        if not wanted.accepts(row):
            continue
        if not wanted.is_in_split(row):
            choice.other_splits += 1
            continue
        key = row["id"].encode()
        if key in taken:
            choice.taken_earlier += 1
            continue
        if key in seen:
            continue
        seen.add(key)
        ranked.append((rank(seed, row["id"], "mix"), number, index))
    choice.eligible = len(ranked)
    ranked.sort()
    chosen = ranked[: wanted.count]
    times = Counter(dict.fromkeys(((number, index) for _, number, index in chosen), 1))
    if upsample and chosen:
        for extra in range(wanted.count - len(chosen)):
            _, number, index = chosen[extra % len(chosen)]
            times[number, index] += 1
    for (number, index), repeats in sorted(times.items()):
        choice.rows.setdefault(files[number], []).append((index, repeats))
    choice.taken = times.total()
    choice.copies = choice.taken - len(times)
    _describe(choice, files, times, taken)
    return choice


def _describe(
    choice: Choice, files: Sequence[Path], times: Counter[tuple[int, int]], taken: set[bytes]
) -> None:
    for number, index, row in _rows(files):
        repeats = times.get((number, index), 0)
        if repeats:
            taken.add(row["id"].encode())
            choice.licenses[row["license"] or "unknown"] += repeats
            choice.languages[row["language"] or "unknown"] += repeats
            choice.programming_languages[row["programming_language"] or "unknown"] += repeats
