"""Sample results as Parquet parts, `verdicts/part-*.parquet`, and back.

The arrays are made from their buffers: asked to convert Python lists, pyarrow imports pandas first,
which takes longer than running a whole benchmark.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from codetune.errors import DataError
from codetune.evaluate.scoring.run_samples import SampleResult
from codetune.records import Verdict
from codetune.store.atomic import replacing

__all__ = ["VERDICT_SCHEMA", "read_verdicts", "write_verdicts"]

VERDICT_SCHEMA = pa.schema(
    [
        ("task_id", pa.string()),
        ("sample", pa.int64()),
        ("completion", pa.string()),
        ("solution", pa.string()),
        ("extractor", pa.string()),
        ("verdict", pa.string()),
        ("lenient_verdict", pa.string()),
        ("cpu_seconds", pa.float64()),
        ("wall_seconds", pa.float64()),
        ("detail", pa.string()),
        ("tier", pa.string()),
        ("integrity", pa.string()),
        ("finish_reason", pa.string()),
        ("completion_tokens", pa.int64()),
        ("base_verdict", pa.string()),
    ]
)
"""One row a sample, in the order given."""

_PART_ROWS = 20_000
_PART_CHARACTERS = 64 << 20
"""Of answers and programs: what a part holds in memory before it is written."""
_CODES = {pa.int64(): "q", pa.float64(): "d"}


def write_verdicts(folder: Path, rows: Iterable[SampleResult]) -> Iterator[SampleResult]:
    """Write rows to `folder/verdicts/part-*.parquet` as they pass, and hand them on."""
    batch: list[SampleResult] = []
    number = characters = 0
    for row in rows:
        batch.append(row)
        characters += len(row.completion) + len(row.solution)
        yield row
        if len(batch) >= _PART_ROWS or characters >= _PART_CHARACTERS:
            _write(folder, number, batch)
            batch, number, characters = [], number + 1, 0
    if batch or number == 0:
        _write(folder, number, batch)


def _write(folder: Path, number: int, rows: Sequence[SampleResult]) -> None:
    columns = [_column(field.type, [getattr(row, field.name) for row in rows]) for field in VERDICT_SCHEMA]
    with replacing(folder / "verdicts" / f"part-{number:05d}.parquet") as temporary:
        pq.write_table(pa.Table.from_arrays(columns, schema=VERDICT_SCHEMA), temporary, compression="zstd")


def _column(kind: pa.DataType, values: Sequence[Any]) -> pa.Array:
    if kind in _CODES:
        return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(array(_CODES[kind], values))])
    # A lone surrogate, which no file can hold, is written as a question mark.
    texts = [b"" if value is None else str(value).encode("utf-8", "replace") for value in values]
    offsets = array("i", [0])
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    missing = None
    if None in values:
        bits = bytearray(-(-len(values) // 8))
        for place, value in enumerate(values):
            bits[place // 8] |= (value is not None) << place % 8
        missing = pa.py_buffer(bytes(bits))
    return pa.Array.from_buffers(
        kind, len(values), [missing, pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))]
    )


def read_verdicts(folder: Path) -> Iterator[SampleResult]:
    """Rows that `write_verdicts` wrote, in order.

    Raises:
        DataError: They are gone.
    """
    parts = sorted((folder / "verdicts").glob("part-*.parquet"))
    if not parts:
        raise DataError(
            "the score has lost its verdicts",
            where=str(folder / "verdicts"),
            next_step="make the score again",
        )
    for path in parts:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=2048):
            for row in batch.to_pylist():
                row["verdict"] = Verdict(row["verdict"])
                row["lenient_verdict"] = Verdict(row["lenient_verdict"])
                # Scores of older versions have no such column.
                row["base_verdict"] = Verdict(base) if (base := row.get("base_verdict")) else None
                yield SampleResult(**row)
