"""Which of a benchmark's items the training set repeats; the score is then also given without them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from codetune.engine.protocol import Engine
from codetune.evaluate.scoring.score import Contamination, Repeated
from codetune.evaluate.statistics.estimates import Estimate
from codetune.records import Problem, Record
from codetune.store.dataset import Dataset
from codetune.text.benchmark_index import BenchmarkIndex
from codetune.text.row_text import row_text

__all__ = ["TrainingOverlap", "training_overlap"]


@dataclass(frozen=True, slots=True)
class TrainingOverlap:
    """What was looked at, and what was found in it."""

    datasets: dict[str, str]
    """Folder -> hash of its rows."""
    rows: int
    repeated: dict[str, Repeated]
    """By task id, in the benchmark's order."""

    def with_clean_rates(self, clean_problems: int, rates: Mapping[int, Estimate]) -> Contamination:
        """What the score says of it, with the rates over the items that are not repeated."""
        return Contamination(
            datasets=self.datasets,
            rows=self.rows,
            overlapping=tuple(self.repeated.values()),
            clean_problems=clean_problems,
            clean_pass_at_k=rates,
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
                    best[task] = Repeated(
                        task_id=task, kind=kind, share=share, rows=0, dataset=str(folder), record=record
                    )
    ordered = [problem.task_id for problem in problems if problem.task_id in best]
    repeated = {
        task: replace(best[task], share=round(best[task].share, 4), rows=counts[task]) for task in ordered
    }
    return TrainingOverlap(hashes, rows, repeated)
