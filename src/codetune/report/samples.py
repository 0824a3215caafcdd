"""Records to look at: a few of each task, drawn by the seed, with where they came from."""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from codetune.records import Instruction
from codetune.report.stages import StageFolder
from codetune.store.schema import from_row
from codetune.tasks.registry import TASKS

__all__ = ["TaskSamples", "draw_samples", "is_code"]

_CODE_INPUTS = frozenset(
    {"code_summarization", "defect_detection", "code_completion", "code_repair", "code_translation"}
)
"""Tasks whose `input` is one piece of code; elsewhere it is prose, perhaps with fences."""


@dataclass(frozen=True, slots=True)
class TaskSamples:
    """Some rows of one task."""

    task: str
    title: str
    total: int
    """Rows of the task in the dataset."""
    rows: list[Instruction]


def is_code(task: str, field: str) -> bool:
    """Whether a field of a task's rows is bare code, rather than text with fences."""
    if field == "input":
        return task in _CODE_INPUTS
    return field == "output" and task in TASKS and TASKS[task].answer == "code"


def _keys(paths: Sequence[Path]) -> Iterator[tuple[int, int, str, str]]:
    """(part, position in the part, id, task) of every row."""
    for number, path in enumerate(paths):
        position = 0
        for batch in pq.ParquetFile(path).iter_batches(batch_size=8_192, columns=["id", "task"]):
            for row in batch.to_pylist():
                yield number, position, row["id"], row["task"]
                position += 1


def _rows(path: Path, positions: set[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    position = 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=1_024):
        inside = [p for p in sorted(positions) if position <= p < position + batch.num_rows]
        for p in inside:
            yield p, batch.slice(p - position, 1).to_pylist()[0]
        position += batch.num_rows


def draw_samples(stage: StageFolder, per_task: int, seed: int) -> list[TaskSamples]:
    """Draw rows of each task from a dataset of instructions.

    Args:
        stage: A stage that made `Instruction` rows.
        per_task: Rows of each task.
        seed: Which rows; the order of the rows on disk does not matter.

    Returns:
        Tasks in the registry's order, then others by name.
    """
    paths = stage.parts("data")
    totals: dict[str, int] = defaultdict(int)
    drawn: dict[str, list[tuple[float, str, int, int]]] = defaultdict(list)
    for part, position, row_id, task in _keys(paths):
        totals[task] += 1
        # Negated, so that the heap's smallest is the draw to give up first.
        draw = (-random.Random(f"{seed}:{row_id}:sample").random(), row_id, part, position)
        push = heapq.heappush if len(drawn[task]) < per_task else heapq.heappushpop
        if per_task:
            push(drawn[task], draw)
    wanted: dict[int, set[int]] = defaultdict(set)
    for draws in drawn.values():
        for _, _, part, position in draws:
            wanted[part].add(position)
    found = {
        (part, position): from_row(Instruction, row)
        for part, positions in sorted(wanted.items())
        for position, row in _rows(paths[part], positions)
    }
    names = [*(name for name in TASKS if name in totals), *sorted(set(totals) - set(TASKS))]
    return [
        TaskSamples(
            task=name,
            title=TASKS[name].title if name in TASKS else "",
            total=totals[name],
            rows=[found[part, position] for _, _, part, position in sorted(drawn[name], reverse=True)],
        )
        for name in names
    ]
