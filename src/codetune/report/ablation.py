"""The page of `codetune ablate`: every variant against the recipe as it is, benchmark by benchmark."""

from __future__ import annotations

from typing import Any

from codetune.evaluate.statistics.ablation import WITHIN_SPREAD, Ablation, Result
from codetune.report.numbers import p_value, points
from codetune.report.page import render

__all__ = ["ablation_page"]


def ablation_page(found: Ablation) -> str:
    """Write the page of an ablation.

    Args:
        found: What `compare_variants` came to.

    Returns:
        A whole HTML document that needs nothing beside it.
    """
    return render(
        "ablation.html",
        title=f"{found.name}: what its choices change",
        name=found.name,
        seeds=found.seeds,
        family=found.family,
        lead=[_sentence(result) for result in found.results if result.word in ("better", "worse")],
        within=[_sentence(result) for result in found.results if result.word == WITHIN_SPREAD],
        compared=sum(result.comparison is not None for result in found.results),
        variants=found.variants,
        parts=[_part(found, benchmark) for benchmark in found.benchmarks],
    )


def _part(found: Ablation, benchmark: str) -> dict[str, Any]:
    results = [result for result in found.results if result.benchmark == benchmark]
    return {
        "benchmark": benchmark,
        "metric": results[0].metric,
        "results": results,
        "intervals": [
            (result.variant, "base" if number == 0 else "tuned", result.mean, *(_ends(result)))
            for number, result in enumerate(results)
        ],
    }


def _ends(result: Result) -> tuple[float | None, float | None]:
    """What the bar shows: from the lowest to the highest seed, or with one seed the interval of its rate."""
    if len(result.by_seed) > 1:
        return min(result.by_seed.values()), max(result.by_seed.values())
    return result.interval or (None, None)


def _sentence(result: Result) -> str:
    one = result.comparison
    assert one is not None
    p = p_value(one.p_value if one.adjusted_p_value is None else one.adjusted_p_value)
    spread = f"; seeds alone make {100 * result.spread:.1f} points" if result.spread is not None else ""
    return (
        f"{result.variant}: {result.benchmark} {result.metric} {points(one.difference)} points "
        f"({points(one.low)} to {points(one.high)}), {p}{spread}: {result.word}."
    )
