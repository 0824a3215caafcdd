"""Row files, written as a stream: JSON list, JSON Lines, Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from codetune.errors import ConfigError

__all__ = ["RowFile", "open_row_file", "suffixes"]

_BATCH_ROWS = 5_000


class RowFile(Protocol):
    """A file that takes rows one by one; memory doesn't grow with them."""

    def write(self, row: Mapping[str, Any]) -> None: ...

    def __enter__(self) -> RowFile: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _JsonList:
    """`[`, one row a line, `]`: a JSON list that people can read and diff."""

    def __init__(self, path: Path) -> None:
        self._stream: BinaryIO = path.open("wb")
        self._stream.write(b"[")
        self._first = True

    def write(self, row: Mapping[str, Any]) -> None:
        self._stream.write((b"\n" if self._first else b",\n") + orjson.dumps(row))
        self._first = False

    def __enter__(self) -> _JsonList:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.write(b"]\n" if self._first else b"\n]\n")
        self._stream.close()


class _JsonLines:
    def __init__(self, path: Path) -> None:
        self._stream: BinaryIO = path.open("wb")

    def write(self, row: Mapping[str, Any]) -> None:
        self._stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def __enter__(self) -> _JsonLines:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._schema = schema
        self._rows: list[Mapping[str, Any]] = []

    def write(self, row: Mapping[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) == _BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []

    def __enter__(self) -> _Parquet:
        return self

    def __exit__(self, *_: object) -> None:
        if self._rows:
            self._flush()
        self._writer.close()


def suffixes() -> tuple[str, ...]:
    """File name endings that can be written."""
    return (".json", ".jsonl", ".parquet")


def open_row_file(path: Path, name: str, schema: pa.Schema) -> RowFile:
    """Open a file for rows.

    Args:
        path: Where the bytes go.
        name: The file name that decides on the form by its ending (`path` may be a temporary one).
        schema: Columns; only Parquet needs to know them beforehand.

    Raises:
        ConfigError: The ending says nothing.
    """
    match Path(name).suffix.lower():
        case ".json":
            return _JsonList(path)
        case ".jsonl":
            return _JsonLines(path)
        case ".parquet":
            return _Parquet(path, schema)
    raise ConfigError(
        f"the file name {name} does not say what to write",
        next_step=f"let it end in one of: {', '.join(suffixes())}",
    )
