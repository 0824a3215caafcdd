"""Chosen rows of a dataset's parts, read without the rest of the dataset in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from codetune.records import Record
from codetune.store.schema import from_row

__all__ = ["ChosenRows", "read_chosen"]

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """Rows by file and number: (file, row numbers in it, ascending), in the order of reading."""

    rows: tuple[tuple[Path, tuple[int, ...]], ...]

    def __len__(self) -> int:
        return sum(len(numbers) for _, numbers in self.rows)


@lru_cache(maxsize=2)
def _row_group(path: Path, changed_ns: int, group: int) -> pa.Table:
    return pq.ParquetFile(path).read_row_group(group)


def read_chosen(chosen: ChosenRows, kind: type[R]) -> Iterator[R]:
    """The chosen records, in the order of the plan; memory holds two row groups."""
    for path, numbers in chosen.rows:
        metadata = pq.read_metadata(path)
        start = 0
        remaining = np.array(numbers, dtype=np.int64)
        for group in range(metadata.num_row_groups):
            stop = start + metadata.row_group(group).num_rows
            mine = remaining[(remaining >= start) & (remaining < stop)] - start
            if len(mine):
                table = _row_group(path, path.stat().st_mtime_ns, group).take(pa.array(mine))
                for row in table.to_pylist():
                    yield from_row(kind, row)
            start = stop
