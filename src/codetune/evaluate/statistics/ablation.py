"""Several ways to make a model, scored with several seeds: each held against the first, benchmark by benchmark.

What goes in are folders of scores, what comes out is an `Ablation`. Every p-value is adjusted by Holm's
correction over the whole family: all variants on all benchmarks. Where seeds were varied, a difference is
also held against the spread that seeds alone make. Nothing here trains or asks a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from codetune.errors import CodetuneError, DataError
from codetune.evaluate.scoring.score import Score, read_score
from codetune.evaluate.statistics.compare import compare_scores, scores_of
from codetune.evaluate.statistics.comparison import Comparison, word_for
from codetune.evaluate.statistics.paired import holm

__all__ = ["Ablation", "Result", "ScoredVariant", "compare_variants"]

WITHIN_SPREAD = "within the spread between seeds"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredVariant:
    """One variant, and where its tuned models' scores lie."""

    name: str
    changes: Mapping[str, Any]
    """`STEP.SETTING` -> value; empty for the recipe as it is."""
    scores: Mapping[int, Mapping[str, Path]]
    """Seed -> evaluate step -> folder of the tuned model's scores."""
    failed: str = ""
    """Why it has no scores, in a sentence; "" where it has."""
    facts: Mapping[str, int] = field(default_factory=dict)
    """What else is worth a column, such as rows trained on, with the first seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One variant on one benchmark; rates are fractions in [0, 1]."""

    variant: str
    benchmark: str
    metric: str
    by_seed: dict[int, float]
    mean: float
    interval: tuple[float, float] | None
    """Of the first seed's rate."""
    comparison: Comparison | None = None
    """Against the first variant, with all seeds together; None for the first variant, and where not compared."""
    spread: float | None = None
    """Largest distance between two seeds of this variant, or of the first one; None with one seed."""
    not_compared: str = ""
    """Why there is no comparison."""
    warnings: tuple[str, ...] = ()
    """Reasons to doubt its scores, such as cut answers: those of the first seed that has any, which they name."""

    @property
    def is_within_spread(self) -> bool:
        """Whether seeds alone make a difference as large."""
        found = self.comparison
        return found is not None and self.spread is not None and abs(found.difference) <= self.spread

    @property
    def word(self) -> str:
        """What may be said of the variant; "" of the first one."""
        if self.comparison is None:
            return self.not_compared
        if self.comparison.verdict == "tie":
            return "tie"
        return WITHIN_SPREAD if self.is_within_spread else self.comparison.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """All variants against the first."""

    name: str
    seeds: tuple[int, ...]
    variants: tuple[ScoredVariant, ...]
    results: tuple[Result, ...]

    @property
    def family(self) -> int:
        """How many comparisons Holm's correction is over."""
        return sum(result.comparison is not None for result in self.results)

    @property
    def benchmarks(self) -> list[str]:
        """In the order of the recipe."""
        return list(dict.fromkeys(result.benchmark for result in self.results))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        variants = [
            {
                "name": variant.name,
                "changes": dict(variant.changes),
                "facts": dict(variant.facts),
                "scores": {
                    str(seed): {step: str(folder) for step, folder in folders.items()}
                    for seed, folders in variant.scores.items()
                },
                **({"failed": variant.failed} if variant.failed else {}),
            }
            for variant in self.variants
        ]
        results = [
            {
                **asdict(result),
                "comparison": result.comparison.to_json() if result.comparison else None,
                "verdict": result.word,
                "within_spread": result.is_within_spread,
            }
            for result in self.results
        ]
        return {
            "name": self.name,
            "seeds": list(self.seeds),
            "correction": f"Holm over {self.family} comparisons",
            "variants": variants,
            "results": results,
        }


def compare_variants(name: str, seeds: Sequence[int], variants: Sequence[ScoredVariant]) -> Ablation:
    """Compare each variant with the first one.

    Args:
        name: What the ablation is called.
        seeds: All seeds, in order.
        variants: The one compared against comes first, and has scores.

    Raises:
        DataError: The first variant has no scores, or scores can't be read.
    """
    first = variants[0]
    if first.failed or not first.scores:
        raise DataError("the first variant has no scores, so there is nothing to compare with")
    found = [result for variant in variants for result in _results(variant, first)]
    family = {
        f"{index}": result.comparison.p_value
        for index, result in enumerate(found)
        if result.comparison is not None
    }
    adjusted = holm(family)
    for index, p_value in adjusted.items():
        comparison = found[int(index)].comparison
        assert comparison is not None
        word = word_for(comparison.difference, p_value)
        told = replace(comparison, adjusted_p_value=p_value, verdict=word)
        found[int(index)] = replace(found[int(index)], comparison=told)
    return Ablation(name=name, seeds=tuple(seeds), variants=tuple(variants), results=tuple(found))


_Scores = dict[str, dict[int, Path]]
"""Benchmark -> seed -> folder of the score."""


def _by_benchmark(variant: ScoredVariant) -> _Scores:
    """A benchmark that two evaluate steps ask is told apart by the step."""
    steps = next(iter(variant.scores.values()), {})
    found: _Scores = {}
    for seed, folders in variant.scores.items():
        for step, folder in folders.items():
            for benchmark, path in scores_of(folder).items():
                label = benchmark if len(steps) == 1 else f"{step}: {benchmark}"
                found.setdefault(label, {})[seed] = path
    return found


def _results(variant: ScoredVariant, first: ScoredVariant) -> list[Result]:
    mine, theirs = _by_benchmark(variant), _by_benchmark(first)
    found = []
    for benchmark, folders in mine.items():
        scores = {seed: _read(folder) for seed, folder in folders.items()}
        metric = _leading(next(iter(scores.values())))
        by_seed = {seed: rate for seed, score in scores.items() if (rate := _rate(score, metric)) is not None}
        if not by_seed:
            continue
        result = Result(
            variant=variant.name,
            benchmark=benchmark,
            metric=metric,
            by_seed=by_seed,
            mean=sum(by_seed.values()) / len(by_seed),
            interval=_interval(next(iter(scores.values())), metric),
            warnings=_warnings(scores),
        )
        found.append(
            result if variant is first else _held_against(result, folders, theirs.get(benchmark, {}))
        )
    return found


def _warnings(scores: Mapping[int, Score]) -> tuple[str, ...]:
    seed, score = next(((seed, score) for seed, score in scores.items() if score.warnings), (0, None))
    if score is None:
        return ()
    texts = tuple(warning.text for warning in score.warnings)
    return texts if len(scores) == 1 else tuple(f"seed {seed}: {text}" for text in texts)


def _held_against(result: Result, folders: Mapping[int, Path], first: Mapping[int, Path]) -> Result:
    pairs = [(first[seed], folders[seed]) for seed in folders if seed in first]
    if not pairs:
        return replace(result, not_compared="the recipe as it is was not asked this benchmark")
    try:
        comparison = compare_scores(pairs, metric=result.metric)
    except CodetuneError as error:
        return replace(result, not_compared=error.what)
    before = [rate for path in first.values() if (rate := _rate(_read(path), result.metric)) is not None]
    spreads = [max(rates) - min(rates) for rates in (before, [*result.by_seed.values()]) if len(rates) > 1]
    return replace(result, comparison=comparison, spread=max(spreads, default=None))


def _read(folder: Path) -> Score:
    score = read_score(folder)
    assert score is not None  # `scores_of` found it
    return score


def _leading(score: Score) -> str:
    return next(iter(score.metrics), "pass@1")


def _rate(score: Score, metric: str) -> float | None:
    if score.metrics:
        found = score.metrics.get(metric)
        return None if found is None else found.value
    passed = score.pass_at_k.get(1)
    return None if passed is None else passed.value


def _interval(score: Score, metric: str) -> tuple[float, float] | None:
    found = score.metrics.get(metric) or score.pass_at_k.get(1)
    if found is None or found.low is None or found.high is None:
        return None
    return (found.low, found.high)
