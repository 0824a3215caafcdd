"""Refuses rows that the model will be evaluated on, and remembers which rows it was trained on.

Datasets go in before a training; nothing comes out, or a `DataError` that names the rows. Three kinds are
refused: the test part of a mixture, rows that upstream marks as its test split, and rows that repeat an
item of a benchmark named in the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from codetune.errors import DataError
from codetune.records import Problem, Record
from codetune.store.atomic import write_text
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.text.benchmark_index import BenchmarkIndex
from codetune.text.row_text import row_text
from codetune.train.config import TrainConfig

__all__ = ["TRAINED_IDS", "ProblemLoader", "refuse_evaluation_rows", "write_trained_ids"]

TRAINED_IDS = "trained_ids.txt"
"""File in the training's folder: the id of each row that the model learned, one a line."""
_TAG = "split:"
_SHOWN = 3
"""Rows that a message names."""

ProblemLoader = Callable[[str], Sequence[Problem]]
"""Name of a benchmark -> its items. Whoever runs the stage hands it in: training knows no benchmark itself."""


def refuse_evaluation_rows(
    config: TrainConfig,
    datasets: Sequence[Dataset[Record]],
    context: StageContext,
    problems: ProblemLoader | None,
) -> None:
    """See that no row will be used to evaluate the model.

    Args:
        config: The splits that may be learned, and the benchmarks to be evaluated on.
        datasets: What will be trained on.
        context: Engine and progress.
        problems: Loads benchmarks; needed where the settings name one.

    Raises:
        DataError: Some rows will; the first three are named.
    """
    index = None
    if config.benchmarks:
        assert problems is not None, "the settings name benchmarks, and nothing was given to load them"
        index = BenchmarkIndex.build(item for name in config.benchmarks for item in problems(name))
    for dataset in datasets:
        if config.upstream_splits and dataset.card.plan.config.get("split") == "test":
            raise DataError(
                f"all {len(dataset):,} rows were kept out of a mixture to test with",
                where=str(dataset.folder),
                next_step="train on the folder above, or set upstream_splits to [] to train on them all the same",
            )
        look = partial(_look, dataset.folder, config.upstream_splits, index)
        marked: list[str] = []
        repeated: list[tuple[str, str]] = []
        for some_marked, some_repeated in context.engine.map(look, dataset.parts()):
            marked += some_marked
            repeated += some_repeated
        if marked:
            raise DataError(
                f"{len(marked):,} of {len(dataset):,} rows are of a split that upstream keeps for tests: "
                f"{_named(marked)}",
                where=str(dataset.folder),
                next_step="collect with --split train, or set upstream_splits to [] to train on them all the same",
            )
        if repeated:
            shown = _named([f"{row} repeats {item}" for row, item in repeated])
            raise DataError(
                f"{len(repeated):,} of {len(dataset):,} rows repeat items of a benchmark that the model is to be "
                f"evaluated on: {shown}",
                where=str(dataset.folder),
                next_step="drop them with `codetune curate --set 'decontaminate=["
                f"{', '.join(config.benchmarks)}]'`, or set the training's benchmarks to [] to train on them",
            )


def _look(
    folder: Path, wanted: tuple[str, ...], index: BenchmarkIndex | None, part: Path
) -> tuple[list[str], list[tuple[str, str]]]:
    """Rows of one part that are marked as tests, and rows that repeat an item; runs in a worker."""
    marked: list[str] = []
    repeated: list[tuple[str, str]] = []
    dataset: Dataset[Record] = Dataset(folder)
    for row in dataset.read_part(part):
        splits = [tag.removeprefix(_TAG) for tag in getattr(row, "tags", ()) if tag.startswith(_TAG)]
        if wanted and not set(wanted).issuperset(splits):
            marked.append(row.id)
        elif index is not None:
            language = getattr(row, "programming_language", None) or "python"
            found = index.overlap(row_text(row), language)
            if found:
                repeated.append((row.id, f"{found[0].task_id} of {found[0].benchmark}"))
    return marked, repeated


def _named(rows: Sequence[str]) -> str:
    shown = list(dict.fromkeys(rows))[:_SHOWN]  # a row may be there twice
    more = len(rows) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def write_trained_ids(folder: Path, ids: Iterable[str]) -> None:
    """Write the ids of the rows that are learned, so that an evaluation can refuse them."""
    write_text(folder / TRAINED_IDS, "".join(f"{one}\n" for one in ids))
