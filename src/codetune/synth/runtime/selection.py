"""Which rows are worked on, and which of them make one part.

Only ids and languages are read, so a million rows cost seconds and a few megabytes. The sample is
drawn by each record's id: rows added later may take some places, but never reshuffle the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from codetune.errors import DataError
from codetune.seeding import rank
from codetune.store.dataset import Dataset
from codetune.store.row_selection import ChosenRows

__all__ = ["Selection", "select"]


@dataclass(frozen=True)
class Selection:
    """What was selected, and what was left alone."""

    parts: tuple[ChosenRows, ...]
    counts: dict[str, int] = field(default_factory=dict)
    """`read`, `other_language`, `repeated`, `not_sampled`, `selected`."""


def select(
    datasets: Sequence[Dataset[Any]],
    *,
    rows: int | None,
    seed: int,
    programming_languages: Sequence[str],
    part_rows: int,
) -> Selection:
    """Choose rows and divide them into parts.

    Args:
        datasets: Inputs, in order; a row whose id came before is left out.
        rows: How many rows; None takes all.
        seed: Of the draw.
        programming_languages: Languages that count; empty takes all.
        part_rows: Rows of one part.

    Raises:
        DataError: Nothing is left to work on.
    """
    files = [path for dataset in datasets for path in dataset.parts()]
    wanted = set(programming_languages)
    where: list[npt.NDArray[np.int64]] = []
    ranks: list[npt.NDArray[np.uint64]] = []
    read = other = 0
    for number, path in enumerate(files):
        names = pq.read_schema(path).names
        columns = ["id", *(["programming_language"] if "programming_language" in names else [])]
        table = pq.read_table(path, columns=columns)
        read += table.num_rows
        numbers = np.arange(table.num_rows, dtype=np.int64)
        if wanted and "programming_language" in names:
            fits = np.array(
                [name in wanted for name in table.column("programming_language").to_pylist()], bool
            )
            other += int((~fits).sum())
            numbers = numbers[fits]
        ids = table.column("id").to_pylist()
        ranks.append(np.array([_rank(seed, ids[row]) for row in numbers], dtype=np.uint64))
        where.append(np.stack([np.full_like(numbers, number), numbers], axis=1))
    places = np.concatenate(where) if where else np.empty((0, 2), np.int64)
    rank = np.concatenate(ranks) if ranks else np.empty(0, np.uint64)
    _, first = np.unique(rank, return_index=True)  # ordered by rank; equal ids have equal ranks
    chosen = np.sort(first[:rows])
    counts = {
        "read": read,
        "other_language": other,
        "repeated": len(rank) - len(first),
        "not_sampled": len(first) - len(chosen),
        "selected": len(chosen),
    }
    if not len(chosen):
        raise DataError(
            "there are no rows to work on" + (f" in {', '.join(sorted(wanted))}" if wanted and read else ""),
            where=", ".join(str(dataset.folder) for dataset in datasets),
            next_step="choose other programming languages, or another input",
        )
    picked = places[chosen]
    parts = tuple(_plan(picked[i : i + part_rows], files) for i in range(0, len(picked), part_rows))
    return Selection(parts, counts)


def _rank(seed: int, record_id: str) -> int:
    return int.from_bytes(rank(seed, record_id, "sample")[:8], "big")


def _plan(places: npt.NDArray[np.int64], files: Sequence[Path]) -> ChosenRows:
    return ChosenRows(
        tuple(
            (files[number], tuple(places[places[:, 0] == number, 1].tolist()))
            for number in np.unique(places[:, 0]).tolist()
        )
    )
