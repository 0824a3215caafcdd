"""What the comparison of rows needs of each row, between the two passes over a dataset.

A worker that has decoded a part sets aside the rows that passed their own checks: ids, keys, texts.
The comparison reads them memory-mapped, so memory holds the keys and not the texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from codetune.curate.duplicates import band_keys, exact_key
from codetune.curate.row_checks import full_text
from codetune.records import Instruction
from codetune.store.atomic import replacing

__all__ = ["Candidates", "set_aside"]


def set_aside(path: Path, rows: Sequence[tuple[int, Instruction]], near: float | None) -> None:
    """Write what comparing needs of some rows.

    Args:
        path: File to write, Arrow IPC.
        rows: Position in the part, and the row.
        near: Threshold of near duplicates; None sets no band keys aside.
    """
    texts = [full_text(row) for _, row in rows]
    keys = band_keys(texts, near) if near is not None else np.empty((len(rows), 0), dtype=np.uint64)
    width = max(1, keys.shape[1] * 8)
    table = pa.table(
        {
            "position": pa.array([position for position, _ in rows], pa.int64()),
            "id": pa.array([row.id for _, row in rows], pa.string()),
            "task": pa.array([row.task for _, row in rows], pa.string()),
            "source": pa.array([row.source for _, row in rows], pa.string()),
            "text": pa.array(texts, pa.large_string()),
            "exact": pa.array([exact_key(text) for text in texts], pa.binary(16)),
            "bands": pa.array([row.tobytes().ljust(width, b"\0") for row in keys], pa.binary(width)),
        }
    )
    with replacing(path) as temporary, pa.OSFile(str(temporary), "wb") as file:
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)


class Candidates:
    """The rows that were set aside, in the order of the parts.

    Args:
        paths: Files of `set_aside`, one a part.

    Attributes:
        part: Number of each row's part, int64.
        position: Position of each row in its part, int64.
        left: Whether the row still stays; the caller clears it for duplicates.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        tables = [pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in paths]
        self._table = pa.concat_tables(tables) if tables else pa.table({})
        self.part = np.repeat(np.arange(len(tables)), [table.num_rows for table in tables])
        self.position = self._numbers("position")
        self.left = np.ones(len(self.part), dtype=np.bool_)

    def _numbers(self, name: str) -> npt.NDArray[np.int64]:
        return (
            np.asarray(self._table.column(name).to_numpy()) if self._table.num_columns else np.empty(0, int)
        )

    def ids(self, chosen: npt.NDArray[np.int64]) -> list[str]:
        """Ids of some rows."""
        return list(self._table.column("id").take(chosen).to_pylist())

    def sources(self, chosen: npt.NDArray[np.int64]) -> list[str]:
        """Sources of some rows."""
        return list(self._table.column("source").take(chosen).to_pylist())

    def exact_keys(self) -> Sequence[bytes]:
        """The exact keys of all rows."""
        return self._table.column("exact").to_pylist()  # type: ignore[no-any-return]

    def bands(self, chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
        """Band keys of some rows, shape (rows, bands)."""
        keys = self._table.column("bands").take(chosen).combine_chunks()
        data = np.frombuffer(keys.buffers()[1], np.uint64) if len(chosen) else np.empty(0, np.uint64)
        width = keys.type.byte_width // 8
        start = keys.offset * width
        return data[start : start + len(chosen) * width].reshape(len(chosen), width)

    def text(self, number: int) -> str:
        """The text of one row, read when it is asked for."""
        return str(self._table.column("text")[int(number)].as_py())

    def by_task(self) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
        """Each task by name, with the numbers of its rows that are left."""
        tasks = np.asarray(
            self._table.column("task").to_pylist() if self._table.num_columns else [], dtype=object
        )
        for task in sorted(set(tasks[self.left])):
            yield task, np.flatnonzero((tasks == task) & self.left)
