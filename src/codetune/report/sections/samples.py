"""Draws sample records for the page: a few of each task, by the seed."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from codetune.records import Instruction
from codetune.report.sections.stages import StageFolder
from codetune.seeding import draw
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
    generated: bool
    """Whether a model wrote a part of these rows; the others of the task stand apart."""
    title: str
    total: int
    """Rows of the task in the dataset."""
    rows: list[Instruction]


def is_code(task: str, field: str) -> bool:
    """Whether a field of a task's rows is bare code, rather than text with fences."""
    if field == "input":
        return task in _CODE_INPUTS
    return field == "output" and task in TASKS and TASKS[task].answer == "code"


_Group = tuple[str, bool]
"""Task, and whether a model wrote a part of the row."""


def _keys(paths: Sequence[Path]) -> Iterator[tuple[int, int, str, _Group]]:
    """(part, position in the part, id, group) of every row."""
    for number, path in enumerate(paths):
        position = 0
        columns = ["id", "task", "lineage.generated"]
        for batch in pq.ParquetFile(path).iter_batches(batch_size=8_192, columns=columns):
            for row in batch.to_pylist():
                lineage = row["lineage"] or {}
                yield number, position, row["id"], (row["task"], bool(lineage.get("generated")))
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
        Tasks in the registry's order, then others by name; of each, rows that a model helped to write
        come last.
    """
    paths = stage.parts("data")
    totals: dict[_Group, int] = defaultdict(int)
    drawn: dict[_Group, list[tuple[float, str, int, int]]] = defaultdict(list)
    for part, position, row_id, group in _keys(paths):
        totals[group] += 1
        # Negated, so that the heap's smallest is the draw to give up first.
        drawn_row = (-draw(seed, row_id, "sample").random(), row_id, part, position)
        push = heapq.heappush if len(drawn[group]) < per_task else heapq.heappushpop
        if per_task:
            push(drawn[group], drawn_row)
    wanted: dict[int, set[int]] = defaultdict(set)
    for draws in drawn.values():
        for _, _, part, position in draws:
            wanted[part].add(position)
    found = {
        (part, position): from_row(Instruction, row)
        for part, positions in sorted(wanted.items())
        for position, row in _rows(paths[part], positions)
    }
    order = {name: place for place, name in enumerate(TASKS)}
    groups = sorted(totals, key=lambda group: (order.get(group[0], len(order)), group))
    return [
        TaskSamples(
            task=task,
            generated=generated,
            title=TASKS[task].title if task in TASKS else "",
            total=totals[task, generated],
            rows=[found[part, place] for _, _, part, place in sorted(drawn[task, generated], reverse=True)],
        )
        for task, generated in groups
    ]
