"""One benchmark as the page prints it: both models' scores, and the programs where they differ."""

from __future__ import annotations

from typing import Any

from codetune.report.highlight import code_html, prose_html
from codetune.report.pass_curve import pass_curve
from codetune.report.sections.differences import Attempt, Difference
from codetune.report.sections.panel import changes_of, groups_of, usage_of
from codetune.report.sections.scores import Evaluation

__all__ = ["evaluation_view", "interval_rows"]

_DETAIL_CHARACTERS = 600


def interval_rows(
    evaluation: Evaluation,
) -> list[tuple[str, str, float | None, float | None, float | None]]:
    """The leading rate of both models, as `charts.intervals` takes it; empty where neither was scored."""
    scores = [score for score in (evaluation.base, evaluation.tuned) if score is not None]
    return [(s.name, s.colour, s.leading.value, s.leading.low, s.leading.high) for s in scores]


def evaluation_view(evaluation: Evaluation, max_code_lines: int = 60) -> dict[str, Any]:
    """What `benchmark.html` prints of an evaluation.

    Args:
        evaluation: One benchmark, two models.
        max_code_lines: Lines shown of a program.
    """
    comparison = evaluation.comparison
    return {
        "benchmark": evaluation.benchmark,
        "edition": evaluation.edition,
        "base": evaluation.base,
        "tuned": evaluation.tuned,
        "names": evaluation.names,
        "models": [score for score in (evaluation.base, evaluation.tuned) if score is not None],
        "comparison": evaluation.comparison,
        "changes": [] if comparison is None else changes_of(comparison),
        "groups": {} if comparison is None else groups_of(comparison),
        "curve": None
        if comparison is None or len(comparison.curve) < 2
        else pass_curve(comparison.curve, evaluation.names),
        "usages": _usages(evaluation),
        "gained": evaluation.gained,
        "lost": evaluation.lost,
        "shown": [_difference(d, evaluation.names, max_code_lines) for d in evaluation.differences],
    }


def _usages(evaluation: Evaluation) -> list[dict[str, Any]]:
    """What asking took, of each model; empty where nothing is known of either."""
    models = [score for score in (evaluation.base, evaluation.tuned) if score is not None]
    found = [(model.name, usage_of(model.score.usage)) for model in models]
    return [{"name": name, **usage} for name, usage in found if usage is not None]


def _difference(difference: Difference, names: tuple[str, str], max_code_lines: int) -> dict[str, Any]:
    sides = zip(names, ("base", "tuned"), (difference.base, difference.tuned), strict=True)
    prompt = prose_html(
        difference.prompt, "python", label=f"what was asked in {difference.task_id}", max_lines=max_code_lines
    )
    return {
        "task_id": difference.task_id,
        "gained": difference.gained,
        "prompt": prompt,
        "attempts": [_attempt(*side, difference.task_id, max_code_lines) for side in sides],
    }


def _attempt(name: str, colour: str, attempt: Attempt, task_id: str, max_code_lines: int) -> dict[str, Any]:
    label = f"{name} model's program for {task_id}"
    return {
        "name": name,
        "colour": colour,
        "verdict": attempt.verdict,
        "detail": attempt.detail[:_DETAIL_CHARACTERS],
        "html": code_html(attempt.solution, "python", label=label, max_lines=max_code_lines),
    }
