"""The stage `histories`: datasets of commits and of submissions in, one dataset of edit histories out.

Rows that belong together (changes of one file, submissions to one problem) may stand in several parts.
Their places are found first, from a few columns; then each unit of work reads only its own rows.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow.parquet as pq

from codetune.errors import DataError
from codetune.histories.commits import histories_of_file
from codetune.histories.config import HistoriesConfig
from codetune.histories.submissions import histories_of_problem
from codetune.records import Commit, EditHistory, Record, Submission
from codetune.rejection import Rejection
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, RejectedRow, Shard
from codetune.store.hashing import code_hash
from codetune.store.row_selection import ChosenRows, read_chosen
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput

__all__ = ["STAGE", "run"]

STAGE = "histories"
_ROWS_A_PIECE = 2000
_ROWS_A_FILE = 1 << 32
_Places: TypeAlias = "array[int]"
"""Rows of a group, each as one number: CodeNet has millions, and a tuple for each takes fifteen times as much."""
_KINDS: tuple[type[Record], ...] = (Commit, Submission)


@dataclass(frozen=True)
class _Piece:
    """Rows of one unit of work, and how many of them each group has."""

    kind: type[Record]
    rows: ChosenRows
    sizes: tuple[int, ...]


def run(config: HistoriesConfig, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Make edit histories.

    Args:
        config: What is rejected.
        inputs: Finished datasets of `Commit` or `Submission` rows, in any mixture.
        output: Folder of the dataset of `EditHistory` rows.
        context: Seed, engine, progress.

    Raises:
        DataError: No input, or one that holds other rows.
        OutputError: The folder holds another run's output or can't be written.
    """
    if not inputs:
        raise DataError(
            "the stage histories has no input", next_step="give a dataset of commits or submissions"
        )
    datasets = [_opened(folder) for folder in inputs]
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json"),
        inputs={f"input {number}": data.card.output_hash for number, data in enumerate(datasets, 1)},
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        writer = DatasetWriter(stage, EditHistory)
        pieces = [piece for data in datasets for piece in _pieces(data)]
        context.progress.start("histories (groups of files or problems)", len(pieces))
        try:
            for _ in writer.run(context.engine, partial(_work, config=config, seed=context.seed), pieces):
                context.progress.advance()
        finally:
            context.progress.finish()
        return writer.finish(
            title="Edit histories",
            description="Versions of files, oldest first, from commits and submissions.",
            counts={"read": sum(len(data) for data in datasets)},
        )


def _opened(folder: Path) -> Dataset[Any]:
    data: Dataset[Any] = Dataset(folder)
    if data.kind not in _KINDS:
        raise DataError(
            f"histories are made from commits or submissions, and this dataset has {data.kind.__name__} rows",
            where=str(folder),
            next_step="collect git, commitpack or codenet; for snippets use codetune synth ai-programmer",
        )
    return data


def _pieces(data: Dataset[Any]) -> Iterator[_Piece]:
    """Whole groups, in the order in which they begin, some thousand rows in each piece."""
    files = data.parts()
    groups = _files(files) if data.kind is Commit else _problems(files)
    open_groups: list[_Places] = []
    size = 0
    for group in groups:
        open_groups.append(group)
        size += len(group)
        if size >= _ROWS_A_PIECE:
            yield _piece(data.kind, open_groups, files)
            open_groups, size = [], 0
    if open_groups:
        yield _piece(data.kind, open_groups, files)


def _piece(kind: type[Record], groups: Sequence[_Places], files: Sequence[Path]) -> _Piece:
    places = [divmod(place, _ROWS_A_FILE) for group in groups for place in group]
    rows = tuple(
        (files[number], tuple(row for _, row in same))
        for number, same in groupby(places, key=lambda place: place[0])
    )
    return _Piece(kind, ChosenRows(rows), tuple(len(group) for group in groups))


def _problems(files: Sequence[Path]) -> Iterable[_Places]:
    groups: dict[str, _Places] = {}
    for number, path in enumerate(files):
        for row, problem in enumerate(pq.read_table(path, columns=["problem_id"])["problem_id"].to_pylist()):
            groups.setdefault(problem, array("Q")).append(number * _ROWS_A_FILE + row)
    return groups.values()


def _files(files: Sequence[Path]) -> Iterable[_Places]:
    """Changes by file; a renamed file goes on with its changes under the old name."""
    groups: list[_Places] = []
    current: dict[tuple[str | None, str], int] = {}
    for number, path in enumerate(files):
        table = pq.read_table(path, columns=["repo", "path", "old_path"])
        columns = (table[name].to_pylist() for name in table.column_names)
        for row, (repo, name, old) in enumerate(zip(*columns, strict=True)):
            place = current.pop((repo, old or name), None)
            if place is None:
                place = len(groups)
                groups.append(array("Q"))
            current[repo, name] = place
            groups[place].append(number * _ROWS_A_FILE + row)
    return groups


def _work(piece: _Piece, *, config: HistoriesConfig, seed: int) -> Shard[EditHistory]:
    kept: list[EditHistory] = []
    rejected: list[RejectedRow] = []
    rows = read_chosen(piece.rows, piece.kind)
    for size in piece.sizes:
        group: list[Any] = [next(rows) for _ in range(size)]
        made: Iterable[EditHistory | tuple[Any, Rejection]] = (
            histories_of_file(group, config)
            if piece.kind is Commit
            else histories_of_problem(group, config, seed)
        )
        for one in made:
            if isinstance(one, EditHistory):
                kept.append(one)
            else:
                rejected.append(_rejected(*one))
    return Shard(kept, rejected)


def _rejected(row: Commit | Submission, why: Rejection) -> RejectedRow:
    texts = (row.before, row.after) if isinstance(row, Commit) else tuple(p.code for p in row.programs)
    language = row.programming_language if isinstance(row, Commit) else None
    return RejectedRow(
        row=EditHistory(
            origin="commit" if isinstance(row, Commit) else "submission",
            versions=texts,
            programming_language=language,
            request=row.subject if isinstance(row, Commit) else row.problem or "",
            source=row.source,
            license=row.license,
            lineage=row.lineage,
        ),
        stage=STAGE,
        reason=why.reason,
        detail=why.detail,
    )
