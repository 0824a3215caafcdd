"""One benchmark as the page prints it: both models' scores, and the programs where they differ."""

from __future__ import annotations

from typing import Any

from codetune.report.highlight import code_html
from codetune.report.scores import Attempt, Evaluation

__all__ = ["evaluation_view"]


def evaluation_view(evaluation: Evaluation, max_code_lines: int = 60) -> dict[str, Any]:
    """What `benchmark.html` prints of an evaluation.

    Args:
        evaluation: One benchmark, two models.
        max_code_lines: Lines shown of a program.
    """
    return {
        "benchmark": evaluation.benchmark,
        "base": evaluation.base,
        "tuned": evaluation.tuned,
        "names": evaluation.names,
        "comparison": evaluation.comparison,
        "gained": evaluation.gained,
        "lost": evaluation.lost,
        "shown": [
            {
                "task_id": d.task_id,
                "gained": d.gained,
                "attempts": [
                    _attempt(n, a, d.task_id, max_code_lines)
                    for n, a in (("base", d.base), ("tuned", d.tuned))
                ],
            }
            for d in evaluation.differences
        ],
    }


def _attempt(name: str, attempt: Attempt, task_id: str, max_code_lines: int) -> dict[str, Any]:
    label = f"{name} model's program for {task_id}"
    return {
        "name": name,
        "verdict": attempt.verdict,
        "detail": attempt.detail[:600],
        "html": code_html(attempt.solution, "python", label=label, max_lines=max_code_lines),
    }
