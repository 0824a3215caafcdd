"""Export one dataset to one file (and, for CoMIT's format, one more for each task)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from codetune.engine.progress import Progress, SilentProgress
from codetune.errors import ConfigError, DataError, OutputError
from codetune.export.files import RowFile, open_row_file, suffixes
from codetune.export.formats import Format, Row
from codetune.records import Instruction, Record
from codetune.rejection import Rejection
from codetune.store.atomic import replacing
from codetune.store.dataset import Dataset
from codetune.store.schema import schema_of, to_row

__all__ = ["Exported", "export_dataset"]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    format: str
    rows: int
    files: dict[str, int] = field(default_factory=dict)
    """Path -> rows."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Reason -> rows that the format can't hold."""
    licenses: dict[str, int] = field(default_factory=dict)
    """SPDX expression or `unknown` -> rows, as the dataset's run card has them."""


_TURN = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_SHAREGPT_TURN = pa.list_(pa.struct([("from", pa.string()), ("value", pa.string())]))


def _schema(kind: type[Record], keep: Sequence[str], form: Format) -> pa.Schema:
    columns: dict[str, Any] = {}
    for name in {"messages": ("messages",), "sharegpt": ("conversations",),
                 "completion": ("prompt", "completion")}.get(form.name, ("instruction", "input", "output")):  # fmt: skip
        columns[name] = {"messages": _TURN, "conversations": _SHAREGPT_TURN}.get(name, pa.string())
    known = schema_of(kind)
    for name in keep:
        if name not in known.names:
            raise ConfigError(
                f"{kind.__name__} rows have no column {name!r} to keep",
                next_step=f"choose from: {', '.join(known.names)}",
            )
        columns.setdefault(name, known.field(name).type)
    return pa.schema(list(columns.items()))


def _check_output(path: Path, overwrite: bool) -> None:
    if path.suffix.lower() not in suffixes():
        raise ConfigError(
            f"the file name {path.name} does not say what to write",
            next_step=f"let it end in one of: {', '.join(suffixes())}",
        )
    if path.is_dir():
        raise OutputError("the output is a folder", where=str(path), next_step="name a file with -o")
    if path.exists() and not overwrite:
        raise OutputError(
            "the output file is there already",
            where=str(path),
            next_step="give another name with -o, or --overwrite",
        )


def export_dataset(
    folder: Path,
    output: Path,
    form: Format,
    *,
    keep: Sequence[str] = (),
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Write the kept rows of a dataset in another tool's format.

    Rows are streamed in the dataset's order; a file appears whole or not at all. Equal datasets
    give equal bytes.

    Args:
        folder: A finished dataset directory.
        output: File to write; `.json` (a list), `.jsonl` or `.parquet`.
        form: The rows' shape.
        keep: Columns of the record to carry along, e.g. `id`, `license`.
        overwrite: Replace files that are there.
        progress: Told of each row.

    Raises:
        DataError: No finished dataset, no rows in it, or rows the format has no place for.
        ConfigError: An unknown ending or column.
        OutputError: The file is there, or can't be written.
    """
    progress = progress or SilentProgress()
    dataset: Dataset[Record] = Dataset(folder)
    form.check(dataset.kind)
    if len(dataset) == 0:
        raise DataError("the dataset has no rows to export", where=str(folder))
    _check_output(output, overwrite)
    if not form.has_columns and (keep or output.suffix.lower() == ".parquet"):
        raise ConfigError(
            f"the format {form.name} has no columns",
            next_step="write a .json or .jsonl file, without --keep",
        )
    schema = _schema(dataset.kind, keep, form)
    tasks = _tasks_of(dataset) if form.by_task else []
    paths = {None: output} | {task: _task_path(output, task) for task in tasks}
    for path in paths.values():
        _check_output(path, overwrite)
    counts = dict.fromkeys(paths, 0)
    left_out: Counter[str] = Counter()
    progress.start(f"export {form.name}", len(dataset))
    with ExitStack() as stack:
        files: dict[str | None, RowFile] = {}
        for task, path in paths.items():
            temporary = stack.enter_context(replacing(path))
            files[task] = stack.enter_context(open_row_file(temporary, path.name, schema))
        for record in dataset:
            try:
                row = _row(record, form, keep)
            except Rejection as rejection:
                left_out[rejection.reason] += 1
                progress.advance()
                continue
            for task in {None, record.task} if form.by_task and isinstance(record, Instruction) else {None}:
                files[task].write(row)
                counts[task] += 1
            progress.advance()
    progress.finish()
    return Exported(
        format=form.name,
        rows=counts[None],
        files={str(path): counts[task] for task, path in paths.items()},
        left_out=dict(left_out),
        licenses=dict(dataset.card.licenses),
    )


def _row(record: Record, form: Format, keep: Sequence[str]) -> Row:
    row = form.shape(record, form.edits)
    if keep:
        plain = to_row(record)
        for name in keep:
            row.setdefault(name, plain[name])
    return row


def _tasks_of(dataset: Dataset[Record]) -> list[str]:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found: set[str] = set()
    for part in dataset.parts():
        found.update(pc.unique(pq.read_table(part, columns=["task"]).column("task")).to_pylist())
    return sorted(found)


def _task_path(output: Path, task: str) -> Path:
    return output.with_name(f"{output.stem}.{task}{output.suffix}")
