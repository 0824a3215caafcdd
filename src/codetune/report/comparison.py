"""The page of `codetune compare`: two runs on the same problems, benchmark by benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codetune.evaluate.statistics.comparison import Comparison
from codetune.report.measures import measure_name
from codetune.report.numbers import p_value, percent, points
from codetune.report.page import render
from codetune.report.sections.evaluation_view import evaluation_view, interval_rows
from codetune.report.sections.scores import Evaluation, ModelScore, read_pair

__all__ = ["comparison_page"]

_WORDS = {"better": "better", "worse": "worse", "tie": "a tie"}


def _names(first: Path, second: Path) -> tuple[str, str]:
    """The first parts of two paths that differ, from the end: `runs/a/base`, `runs/b/base` are a and b."""
    for mine, other in zip(reversed(first.parts), reversed(second.parts), strict=False):
        if mine != other:
            return mine, other
    return str(first), str(second)


def _sentence(evaluation: Evaluation) -> str:
    found = evaluation.comparison
    if found is None:
        return f"{evaluation.benchmark}: not run."
    before, after = (
        percent(_value(score, found.metric) if score else None)
        for score in (evaluation.base, evaluation.tuned)
    )
    p = p_value(found.p_value if found.adjusted_p_value is None else found.adjusted_p_value)
    arrow = "\N{RIGHTWARDS ARROW}"
    return (
        f"{evaluation.benchmark} {measure_name(found.metric)}: {before} {arrow} {after}, {points(found.difference)} points "
        f"({points(found.low)} to {points(found.high)}), {p}: {_WORDS[found.verdict]}."
    )


def _value(score: ModelScore, metric: str) -> float | None:
    return next((rate.value for rate in score.rates if rate.label == metric), None)


def comparison_page(comparisons: Sequence[Comparison], *, differences: int = 20) -> str:
    """Write a page about one comparison, or about several benchmarks' together.

    Args:
        comparisons: What `compare_folders` found. The folders they name as `first` and `second` are
            read for the scores and for the programs where the two runs differ.
        differences: Most problems shown of each benchmark.

    Returns:
        A whole HTML document that needs nothing beside it.

    Raises:
        DataError: A folder's files are not what they have to be.
    """
    evaluations = []
    for one in comparisons:
        folders = (Path(one.first or "first"), Path(one.second or "second"))
        evaluations.append(
            read_pair(
                folders,
                _names(*folders),
                comparison=one,
                prompts=next((p for p in _prompt_files(folders) if p.is_file()), None),
                differences=differences,
            )
        )
    names = _names(Path(comparisons[0].first or "first"), Path(comparisons[0].second or "second"))
    return render(
        "comparison.html",
        title=f"{names[0]} and {names[1]}, compared",
        names=names,
        parts=[
            {
                "evaluation": evaluation,
                "view": evaluation_view(evaluation),
                "sentence": _sentence(evaluation),
                "intervals": interval_rows(evaluation),
                "metric": measure_name(evaluation.metric),
                "word": evaluation.comparison.verdict if evaluation.comparison else None,
            }
            for evaluation in evaluations
        ],
    )


def _prompt_files(folders: tuple[Path, Path]) -> list[Path]:
    """Where a run's prompts may lie: beside its score, or (both models of one stage) above it."""
    return [place / "prompts.jsonl" for folder in folders for place in (folder, folder.parent)]
