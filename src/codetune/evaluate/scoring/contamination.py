"""Which of a benchmark's items the training set repeats; the score is then also given without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from codetune.engine.protocol import Engine
from codetune.records import Problem, Record
from codetune.store.dataset import Dataset
from codetune.text.benchmark_index import BenchmarkIndex

__all__ = ["Repeated", "TrainingOverlap", "training_overlap"]


@dataclass(frozen=True, slots=True)
class Repeated:
    """One item that the training set repeats, where it does so most."""

    task_id: str
    kind: str
    """`verbatim` or `renamed`."""
    share: float
    """Fraction of the item's n-grams that stand in the row, 0 to 1."""
    rows: int
    """Rows that repeat it."""
    dataset: str
    record: str
    """Id of the row that repeats most of it."""


@dataclass(frozen=True, slots=True)
class TrainingOverlap:
    """What was looked at, and what was found."""

    datasets: dict[str, str]
    """Folder -> hash of its rows."""
    rows: int
    repeated: dict[str, Repeated]
    """By task id, in the benchmark's order."""

    def as_plain(self) -> dict[str, Any]:
        return {
            "datasets": self.datasets,
            "rows": self.rows,
            "overlapping": [asdict(item) for item in self.repeated.values()],
        }


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _texts(part)
    elif hasattr(value, "__dataclass_fields__"):
        # Revisions and messages: what they say, not what kind they are.
        for name in ("code", "content"):
            yield from _texts(getattr(value, name, None))


def row_text(row: Record) -> str:
    """What a model would see of a row, of any record type."""
    return "\n".join(
        text
        for name in type(row).content_fields
        if name != "task"
        for text in _texts(getattr(row, name))
        if text
    )


_Found = list[tuple[str, str, float, str]]
"""(task id, kind, share, row's id)."""


def _look(index: BenchmarkIndex, folder: Path, part: Path) -> tuple[int, _Found]:
    rows, found = 0, []
    dataset: Dataset[Record] = Dataset(folder)
    for row in dataset.read_part(part):
        rows += 1
        language = getattr(row, "programming_language", None) or "python"
        for item in index.overlap(row_text(row), language):
            found.append((item.task_id, item.kind, item.share, row.id))
    return rows, found


def training_overlap(
    problems: Sequence[Problem],
    folders: Sequence[Path],
    engine: Engine,
    on_progress: Callable[[], None] = lambda: None,
) -> TrainingOverlap:
    """Look for a benchmark's items in training sets, by the measures that curation refuses rows by.

    Args:
        problems: The items.
        folders: Finished dataset directories, of any record type.
        engine: Where parts are read.
        on_progress: Called once a part.

    Raises:
        DataError: A folder is no finished dataset directory.
    """
    index = BenchmarkIndex.build(problems)
    rows, best, counts, hashes = 0, dict[str, Repeated](), dict[str, int](), dict[str, str]()
    for folder in folders:
        dataset: Dataset[Record] = Dataset(folder)
        hashes[str(folder)] = dataset.card.output_hash
        for some, found in engine.map(partial(_look, index, folder), dataset.parts()):
            on_progress()
            rows += some
            for task, kind, share, record in found:
                counts[task] = counts.get(task, 0) + 1
                if task not in best or share > best[task].share:
                    best[task] = Repeated(task, kind, share, 0, str(folder), record)
    ordered = [problem.task_id for problem in problems if problem.task_id in best]
    repeated = {
        task: Repeated(task, b.kind, round(b.share, 4), counts[task], b.dataset, b.record)
        for task in ordered
        for b in (best[task],)
    }
    return TrainingOverlap(hashes, rows, repeated)
