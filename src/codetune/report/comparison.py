"""The page of `codetune compare`: two runs on the same problems, benchmark by benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from codetune.report.evaluation_view import evaluation_view
from codetune.report.numbers import p_value, percent, points
from codetune.report.page import render
from codetune.report.scores import Evaluation, benchmark_title, comparison_of, score_of

__all__ = ["comparison_page"]

_WORDS = {"better": "better", "worse": "worse", "tie": "a tie"}


def _evaluation(plain: Mapping[str, Any], names: tuple[str, str]) -> Evaluation:
    first, second = plain.get("a"), plain.get("b")
    return Evaluation(
        benchmark=benchmark_title(str(plain.get("benchmark", "benchmark"))),
        base=score_of(first, "base", names[0], []) if isinstance(first, Mapping) else None,
        tuned=score_of(second, "tuned", names[1], []) if isinstance(second, Mapping) else None,
        comparison=comparison_of(plain),
        differences=[],
        gained=0,
        lost=0,
    )


def _sentence(evaluation: Evaluation) -> str:
    found = evaluation.comparison
    if found is None or found.word is None:
        return f"{evaluation.benchmark}: not run."
    before = percent(evaluation.base.pass_at_1 if evaluation.base else None)
    after = percent(evaluation.tuned.pass_at_1 if evaluation.tuned else None)
    p = p_value(found.p_value if found.adjusted_p_value is None else found.adjusted_p_value)
    arrow = "\N{RIGHTWARDS ARROW}"
    return (
        f"{evaluation.benchmark} pass@1: {before} {arrow} {after}, {points(found.difference)} points "
        f"({points(found.low)} to {points(found.high)}), {p}: {_WORDS[found.word]}."
    )


def _intervals(evaluation: Evaluation) -> list[tuple[str, str, float | None, float | None, float | None]]:
    scores = [score for score in (evaluation.base, evaluation.tuned) if score is not None]
    return [(score.name, score.colour, score.pass_at_1, score.low, score.high) for score in scores]


def comparison_page(comparison: Mapping[str, Any], *, names: Sequence[str] = ("base", "tuned")) -> str:
    """Write a page about one comparison.

    Args:
        comparison: What `codetune compare --json` prints, as plain data.
        names: What the two runs are called.

    Returns:
        A whole HTML document that needs nothing beside it.
    """
    plains = comparison.get("benchmarks") or [comparison]
    called = (str(names[0]), str(names[1]))
    evaluations = [_evaluation(plain, called) for plain in plains]
    return render(
        "comparison.html",
        title=f"{called[0]} and {called[1]}, compared",
        names=called,
        parts=[
            {
                "view": evaluation_view(e),
                "evaluation": e,
                "sentence": _sentence(e),
                "intervals": _intervals(e),
                "word": e.comparison.word if e.comparison else None,
            }
            for e in evaluations
        ],
    )
