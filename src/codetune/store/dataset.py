"""Dataset directories: numbered Parquet parts, the rejected rows, a dataset card.

    data/part-00000.parquet       rows kept
    rejects/part-00000.parquet    rejected rows: the same columns and stage, reason, detail
    README.md  run.json

A part is the unit of work. A stage makes part i from its i-th piece of work alone, and writes the
rejected rows first and the kept rows last, each file in one rename. So a part whose data file exists
is complete, whenever the process was killed, and the number of workers can't change a byte.
"""

from __future__ import annotations

import contextlib
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from codetune.engine.protocol import Engine
from codetune.errors import DataError
from codetune.records import RECORD_TYPES, Commit, Instruction, Record, Snippet, Submission
from codetune.store.atomic import replacing
from codetune.store.card import write_dataset_card
from codetune.store.columns import table_of_records, table_of_rejects
from codetune.store.hashing import hash_files
from codetune.store.run_card import RunCard, read_card
from codetune.store.schema import from_row, schema_of, to_row
from codetune.store.stage_output import PLAN_NAME, StageOutput

__all__ = [
    "Dataset",
    "DatasetWriter",
    "RejectedRow",
    "Shard",
    "parquet_errors",
    "read_rows",
    "write_kept",
    "write_rejected",
]

R = TypeVar("R", bound=Record)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row that is not kept, with the reason."""

    row: Record | Mapping[str, Any]
    """The record, or as much of it as is known (a broken row has perhaps only a path)."""
    stage: str
    reason: str
    """A few fixed words that can be counted, e.g. `near-duplicate`."""
    detail: str = ""
    """What is particular to this row, e.g. the id of the row it repeats."""


@dataclass(frozen=True, slots=True)
class Shard(Generic[R]):
    """What one unit of work came to."""

    kept: Sequence[R]
    rejected: Sequence[RejectedRow] = ()
    table: pa.Table | None = None
    """The kept rows as a table of the record's schema, in place of `kept`, where no objects were made."""

    @property
    def kept_rows(self) -> int:
        return self.table.num_rows if self.table is not None else len(self.kept)


def _part(index: int) -> str:
    return f"part-{index:05d}.parquet"


def _write_table(path: Path, table: pa.Table) -> None:
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", row_group_size=20_000)


def write_rejected(folder: Path, kind: type[Record], index: int, rejected: Sequence[RejectedRow]) -> None:
    """Write the rejected rows of one part; they go first, so that a part with kept rows is complete.

    Args:
        folder: The dataset directory.
        kind: Record type of the dataset.
        index: Number of the part.
        rejected: Its rejected rows, in order.
    """
    rows = []
    for reject in rejected:
        row = to_row(reject.row) if isinstance(reject.row, Record) else dict(reject.row)
        rows.append({**row, "stage": reject.stage, "reason": reject.reason, "detail": reject.detail})
    _write_table(folder / "rejects" / _part(index), table_of_rejects(kind, rows))


def write_kept(folder: Path, index: int, table: pa.Table) -> None:
    """Write the kept rows of one part, which completes it.

    Args:
        folder: The dataset directory.
        index: Number of the part.
        table: Its rows, with the schema of the dataset's record type.
    """
    _write_table(folder / "data" / _part(index), table)


def _write_part(folder: Path, kind: type[Record], index: int, shard: Shard[Any]) -> None:
    write_rejected(folder, kind, index, shard.rejected)
    write_kept(folder, index, shard.table if shard.table is not None else table_of_records(kind, shard.kept))


def _work_and_write(
    work: Callable[[Any], Shard[Any]], folder: Path, kind: type[Record], numbered: tuple[int, Any]
) -> int:
    index, item = numbered
    shard = work(item)
    _write_part(folder, kind, index, shard)
    return shard.kept_rows


class DatasetWriter(Generic[R]):
    """Writes the parts of one dataset directory.

    Args:
        output: The stage's folder, not finished yet.
        kind: Record type of the kept rows (and of the columns of the rejected ones).
    """

    def __init__(self, output: StageOutput, kind: type[R]) -> None:
        self.output = output
        self.kind = kind

    def is_done(self, index: int) -> bool:
        """Whether part `index` was written, by this run or an earlier one."""
        return (self.output.folder / "data" / _part(index)).exists()

    def write(self, index: int, shard: Shard[R]) -> None:
        """Write part `index`, whole."""
        _write_part(self.output.folder, self.kind, index, shard)

    def run(self, engine: Engine, work: Callable[[T], Shard[R]], items: Iterable[T]) -> Iterator[int]:
        """Make part i from item i, for every part that is not there yet; workers write their own.

        Args:
            engine: Where the work is done.
            work: Picklable; may depend on its item alone.
            items: In an order that is the same in every run.

        Yields:
            Kept rows of each part made, as it is made (for progress).
        """
        todo = ((i, item) for i, item in enumerate(items) if not self.is_done(i))
        job = partial(_work_and_write, work, self.output.folder, self.kind)
        yield from engine.map(job, todo)

    def finish(
        self,
        *,
        title: str,
        description: str,
        counts: Mapping[str, int] | None = None,
        results: Mapping[str, Any] | None = None,
    ) -> RunCard:
        """Count what is on disk, write the dataset card, then the run card.

        Args:
            title: Heading of the dataset card.
            description: A paragraph for it: what the rows are.
            counts: More counts for the run card, beside `kept` and `rejected`.
            results: More for the run card, as plain data.
        """
        folder = self.output.folder
        if not self.is_done(0):  # a stage that kept nothing is still a dataset with its columns
            self.write(0, Shard(()))
        data = sorted((folder / "data").glob("part-*.parquet"))
        rejected = sorted((folder / "rejects").glob("part-*.parquet"))
        kept = sum(pq.read_metadata(path).num_rows for path in data)
        reasons = _count(rejected, "reason")
        licenses = _count(data, "license") if "license" in schema_of(self.kind).names else {}
        tags = _count_tags(data, kept) if "tags" in schema_of(self.kind).names else {}
        write_dataset_card(
            folder,
            title=title,
            description=description,
            plan=self.output.plan,
            kept=kept,
            rejects=reasons,
            licenses=licenses,
            sources=_count(data, "source") if "source" in schema_of(self.kind).names else {},
            tags=tags,
        )
        return self.output.finish(
            output_hash=hash_files(folder, [*data, *rejected]),
            record=self.kind.__name__,
            counts={"kept": kept, "rejected": sum(reasons.values()), **(counts or {})},
            rejects=reasons,
            licenses=licenses,
            results={**({"tags": tags} if tags else {}), **(results or {})},
        )


_COVERED = ("paradigm", "level")
"""Kinds of tags whose coverage is told, as in `level:beginner`."""


def _count_tags(paths: Iterable[Path], rows: int) -> dict[str, dict[str, int]]:
    """Kind of tag -> value -> rows, the most frequent first, with the rows that have none; empty kinds are left out."""
    found: dict[str, Counter[str]] = {kind: Counter() for kind in _COVERED}
    for path in paths:
        values = pc.list_flatten(pq.read_table(path, columns=["tags"]).column("tags"))
        for entry in pc.value_counts(values).to_pylist():
            kind, _, value = (entry["values"] or "").partition(":")
            if kind in found:
                found[kind][value] += entry["counts"]
    told = {}
    for kind, counts in found.items():
        if counts:
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            told[kind] = {**dict(ranked), "none": max(0, rows - counts.total())}
    return told


def _count(paths: Iterable[Path], column: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for path in paths:
        values = pq.read_table(path, columns=[column]).column(column)
        for entry in pc.value_counts(values).to_pylist():
            found[entry["values"] if entry["values"] is not None else "unknown"] += entry["counts"]
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


class Dataset(Generic[R]):
    """A finished dataset directory, read.

    Args:
        folder: Its path.
        kind: Record type expected; None takes the one its run card names.

    Raises:
        DataError: Not a finished dataset directory, or of another record type.
    """

    def __init__(self, folder: Path, kind: type[R] | None = None) -> None:
        card = read_card(folder)
        if card is None or card.record is None:
            raise _no_dataset(folder, card)
        if card.record not in RECORD_TYPES:
            raise DataError(
                f"the dataset holds rows of an unknown type, {card.record}",
                where=str(folder),
                next_step="a newer version of codetune may have made it",
            )
        found = RECORD_TYPES[card.record]
        if kind is not None and found is not kind:
            raise DataError(
                f"the dataset holds {found.__name__} rows where {kind.__name__} rows are needed",
                where=str(folder),
                next_step=f"make instructions of them with: codetune tasks {shlex.quote(str(folder))}"
                if kind is Instruction and found in (Snippet, Commit, Submission)
                else "give the output of the stage that makes them",
            )
        self.folder = folder
        self.card = card
        self.kind: type[R] = found  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Dataset({str(self.folder)!r}, {len(self):,} rows of {self.kind.__name__})"

    def parts(self) -> list[Path]:
        """Paths of the kept rows' parts, in order.

        Raises:
            DataError: A part is damaged, or parts are missing: together they have other rows than the run card says.
        """
        found = sorted((self.folder / "data").glob("part-*.parquet"))
        rows = 0
        for path in found:
            with parquet_errors(path):
                rows += pq.read_metadata(path).num_rows
        if rows != len(self):
            raise DataError(
                f"the dataset has {rows:,} rows, and its run card says {len(self):,}",
                where=str(self.folder),
                next_step="parts are missing or were exchanged; make the dataset again",
            )
        return found

    def read_part(self, path: Path) -> Iterator[R]:
        """Rows of one part, in order; a batch at a time in memory."""
        yield from read_rows(path, self.kind)

    def __iter__(self) -> Iterator[R]:
        for path in self.parts():
            yield from self.read_part(path)

    def __len__(self) -> int:
        return self.card.counts["kept"]

    def rejects(self) -> Iterator[dict[str, Any]]:
        """Rejected rows as plain dicts: the record's columns, `stage`, `reason`, `detail`."""
        for path in sorted((self.folder / "rejects").glob("part-*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches(batch_size=2048):
                yield from batch.to_pylist()


def _no_dataset(folder: Path, card: RunCard | None) -> DataError:
    if not folder.exists():
        return DataError("there is no such dataset directory", where=str(folder), next_step="check the path")
    if not folder.is_dir():
        return DataError(
            "this is a file, not a dataset directory",
            where=str(folder),
            next_step="codetune collect reads files of rows; codetune sources lists their formats",
        )
    if card is not None:
        return DataError(
            f"this is the output of the stage {card.plan.stage}, which is no dataset", where=str(folder)
        )
    if (folder / PLAN_NAME).exists():
        return DataError(
            "this dataset directory is not finished",
            where=str(folder),
            next_step="run the command that makes it again; it continues where it stopped",
        )
    inner = sorted(path.parent.name for path in folder.glob("*/run.json"))
    return DataError(
        "this is not a dataset directory (it has no run.json)",
        where=str(folder),
        next_step=f"name a folder in it, such as {inner[0]}" if inner else "codetune collect makes one",
    )


def read_rows(path: Path, kind: type[R]) -> Iterator[R]:
    """Rows of one Parquet part as records.

    Raises:
        DataError: The file is not Parquet, is damaged, or can't be read.
    """
    with parquet_errors(path):
        for batch in pq.ParquetFile(path).iter_batches(batch_size=2048):
            for row in batch.to_pylist():
                yield from_row(kind, row)


@contextlib.contextmanager
def parquet_errors(path: Path) -> Iterator[None]:
    """Tell in one sentence that a part of a dataset can't be read.

    Raises:
        DataError: The file is not Parquet, is damaged, or can't be read.
    """
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            "the Parquet file can't be read: it is damaged, or not Parquet",
            where=str(path),
            next_step="make the dataset again",
        ) from error
