"""Three held-out rows with the answers of both models, drawn by the seed and not by how good they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codetune.errors import DataError
from codetune.report.sections.differences import asked_text
from codetune.report.sections.scores import Evaluation
from codetune.seeding import rank

__all__ = ["Example", "draw_examples"]


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a graded benchmark."""

    task_id: str
    prompt: str
    """What both models were asked; "" where it was not kept."""
    base: str
    tuned: str
    programming_language: str | None
    reference: str = ""
    """What the row's authors wrote; "" where it is not known."""


def draw_examples(evaluation: Evaluation, count: int, seed: int) -> list[Example]:
    """Draw rows that both models answered.

    Args:
        evaluation: Of a benchmark whose answers are graded; others have no examples.
        count: How many at most.
        seed: Which ones; the order on disk does not matter.

    Raises:
        DataError: A line of `answers.jsonl` or `prompts.jsonl` is not JSON.
    """
    if evaluation.folders is None:
        return []
    base, tuned = (_first_answers(folder / "answers.jsonl") for folder in evaluation.folders)
    common = sorted(base.keys() & tuned.keys(), key=lambda task_id: rank(seed, task_id, "example"))[:count]
    prompts = {
        line["task_id"]: asked_text(line)
        for line in _lines(evaluation.folders[1] / "prompts.jsonl")
        if line.get("task_id") in common
    }
    return [
        Example(
            task_id=task_id,
            prompt=prompts.get(task_id, ""),
            base=str(base[task_id]["completion"]),
            tuned=str(tuned[task_id]["completion"]),
            programming_language=tuned[task_id].get("programming_language"),
            reference=str(tuned[task_id].get("reference") or ""),
        )
        for task_id in common
    ]


def _first_answers(path: Path) -> dict[str, dict[str, Any]]:
    return {line["task_id"]: line for line in _lines(path) if line.get("sample") == 0}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise DataError("a line is not JSON", where=f"{path}, row {number}") from error
