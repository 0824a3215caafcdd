"""Two runs whose answers were graded, paired by row: the difference of a metric, drawn and swapped by cluster.

A metric is made of numbers of each row that add up. The interval draws clusters of rows again for both
runs together (Koehn 2004); the test swaps the runs' answers cluster by cluster (Noreen 1989), which needs
no assumption about a corpus metric's distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from codetune.errors import DataError, UsageError
from codetune.evaluate.scoring.graded import GradedAnswer, read_answers
from codetune.evaluate.statistics.comparison import Comparison, GroupChange, MeasureChange, word_for
from codetune.evaluate.statistics.independent import independent_units
from codetune.evaluate.statistics.paired import detectable
from codetune.tasks.grading.graders import summed_value

__all__ = ["compare_answers"]

_DRAWS = 2000
_SWAPS = 10_000
_EXACT_UNITS = 12
"""Up to so many units every pattern of swaps is looked at."""
_FEWEST_FOR_INTERVAL = 5
"""Rows of a group; fewer get no interval."""

Value = Callable[[Sequence[float]], float | None]
Key = tuple[str, int, int]
"""Row, pair of runs, sample."""


def compare_answers(
    pairs: Sequence[tuple[Path, Path]],
    *,
    metric: str | None = None,
    clusters: Mapping[str, str] | None = None,
    finer_groups: Mapping[str, str] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare two graded runs on the answers that both have.

    Args:
        pairs: Folders with `answers.jsonl`, of (a run compared against, another); further pairs are of
            other seeds, whose answers count as further samples of their rows.
        metric: A metric of the task; None takes the first one.
        clusters: Task id -> its cluster.
        finer_groups: Task id -> its finer group, taken where there are fewer than ten clusters.
        groups: Group -> task ids of its rows, which are also compared alone by the chosen metric.
        seed: Of the draws.

    Raises:
        DataError: Answers can't be read, or too few are shared.
        UsageError: There is no such metric.
    """
    mine, theirs = (_numbered([pair[side] for pair in pairs]) for side in (0, 1))
    metrics = list(dict.fromkeys(name for row in mine.values() for name in row.counts))
    chosen = metric or (metrics[0] if metrics else "")
    if chosen not in metrics:
        raise UsageError(
            f"the score has no metric {metric!r}", next_step=f"choose one of: {', '.join(metrics) or 'none'}"
        )
    # As the grader saw them: every row's language, in this order.
    answers = _Answers(mine, theirs, [row.programming_language or "" for row in mine.values()])
    lead = _compared(answers, chosen, clusters or {}, finer_groups, seed)
    if lead is None:
        raise DataError(
            f"the two runs share {len(answers.shared(chosen))} graded answers, too few to compare",
            where=", ".join(map(str, pairs[0])),
            next_step="give two runs on the same rows",
        )
    others = [
        _compared(answers, name, clusters or {}, finer_groups, seed) for name in metrics if name != chosen
    ]
    return replace(
        lead,
        others=tuple(_measure(one) for one in others if one is not None),
        groups={
            name: change
            for name, tasks in (groups or {}).items()
            if (change := _of_group(answers, chosen, set(tasks), seed)) is not None
        },
    )


@dataclass(frozen=True, slots=True)
class _Answers:
    """Both runs' graded answers by task and sample."""

    first: Mapping[Key, GradedAnswer]
    second: Mapping[Key, GradedAnswer]
    languages: Sequence[str]

    def shared(self, metric: str) -> list[Key]:
        return [
            key
            for key, row in self.first.items()
            if metric in row.counts and metric in _counts(self.second.get(key))
        ]

    def numbers(self, metric: str, keys: Sequence[Key]) -> tuple[Any, Any]:
        """What the metric counts of each answer, of both runs: shape (answers, numbers) each."""
        first, second = (
            np.asarray([side[key].counts[metric] for key in keys], dtype=float)
            for side in (self.first, self.second)
        )
        return first, second


def _compared(
    answers: _Answers,
    metric: str,
    clusters: Mapping[str, str],
    finer_groups: Mapping[str, str] | None,
    seed: int,
) -> Comparison | None:
    """One metric; None where fewer than two independent answers are shared."""
    shared = answers.shared(metric)
    units = independent_units([task for task, *_ in shared], clusters, finer_groups)
    if units.count < 2:
        return None
    value = summed_value(metric, answers.languages)
    before, after = answers.numbers(metric, shared)
    sums = _summed(units.names, before, after)
    difference = _difference(value, sums[0].sum(axis=0), sums[1].sum(axis=0))
    generator = np.random.default_rng(seed)
    drawn = _drawn_differences(value, sums, generator)
    low, high = (float(end) for end in np.quantile(drawn, [0.025, 0.975]))
    if low == high:  # rows that all differ alike: their number says how sure that is
        half = 1.96 / units.count
        low, high = max(difference - half, -1.0), min(difference + half, 1.0)
    p_value, test = _swap_test(value, sums, abs(difference), generator)
    worth = [(value(a), value(b)) for a, b in zip(before.tolist(), after.tolist(), strict=True)]
    ordered = [(a, b) for a, b in worth if a is not None and b is not None]
    return Comparison(
        verdict=word_for(difference, p_value),
        metric=metric,
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        test=test if units.kind == "problems" else f"{test} over {units.kind}",
        problems=len(shared),
        clusters=units.count,
        left_out=len({*answers.first, *answers.second}) - len(shared),
        first_only=sum(bool(a > b) for a, b in ordered),
        second_only=sum(bool(b > a) for a, b in ordered),
        both=None,
        neither=None,
        smallest_detectable=detectable(float(drawn.std()) or 1 / units.count),
        note=units.note,
        first_value=value(before.sum(axis=0).tolist()),
        second_value=value(after.sum(axis=0).tolist()),
    )


def _numbered(folders: Sequence[Path]) -> dict[Key, GradedAnswer]:
    return {
        (row.task_id, number, row.sample): row
        for number, folder in enumerate(folders)
        for row in read_answers(folder)
    }


def _measure(found: Comparison) -> MeasureChange:
    return MeasureChange(
        verdict=found.verdict,
        metric=found.metric,
        first=found.first_value or 0.0,
        second=found.second_value or 0.0,
        difference=found.difference,
        low=found.low,
        high=found.high,
        p_value=found.p_value,
        test=found.test,
        problems=found.problems,
        smallest_detectable=found.smallest_detectable,
    )


def _of_group(answers: _Answers, metric: str, tasks: Collection[str], seed: int) -> GroupChange | None:
    keys = [key for key in answers.shared(metric) if key[0] in tasks]
    if not keys:
        return None
    value = summed_value(metric, answers.languages)
    before, after = answers.numbers(metric, keys)
    first, second = value(before.sum(axis=0).tolist()), value(after.sum(axis=0).tolist())
    if first is None or second is None:
        return None
    sums = _summed([task for task, *_ in keys], before, after)
    low = high = None
    if len(sums[0]) >= _FEWEST_FOR_INTERVAL:
        drawn = _drawn_differences(value, sums, np.random.default_rng(seed))
        low, high = (float(end) for end in np.quantile(drawn, [0.025, 0.975]))
    return GroupChange(
        problems=len(keys), first=first, second=second, difference=second - first, low=low, high=high
    )


def _summed(names: Sequence[str], *numbers: Any) -> list[Any]:
    """Each run's numbers added up by unit: shape (units, numbers)."""
    found, place_of = np.unique(names, return_inverse=True)
    sums = [np.zeros((len(found), one.shape[1])) for one in numbers]
    for total, one in zip(sums, numbers, strict=True):
        np.add.at(total, place_of, one)
    return sums


def _counts(row: GradedAnswer | None) -> Mapping[str, tuple[float, ...]]:
    return row.counts if row is not None else {}


def _difference(value: Value, first: Any, second: Any) -> float:
    before, after = value(list(first)), value(list(second))
    return float(after or 0.0) - float(before or 0.0)


def _drawn_differences(value: Value, sums: Sequence[Any], generator: Any) -> Any:
    units = len(sums[0])
    found = []
    for _ in range(_DRAWS):
        times = np.bincount(generator.integers(0, units, units), minlength=units)
        found.append(_difference(value, times @ sums[0], times @ sums[1]))
    return np.asarray(found)


def _swap_test(value: Value, sums: Sequence[Any], observed: float, generator: Any) -> tuple[float, str]:
    """The chance of a difference as large, if it did not matter which run an answer is of."""
    first, second = sums
    units = len(first)
    if units <= _EXACT_UNITS:
        patterns = (np.arange(2**units)[:, None] >> np.arange(units)) & 1
        name = "exact swap permutation"
    else:
        patterns = generator.integers(0, 2, (_SWAPS, units))
        name = "swap permutation"
    both = first.sum(axis=0) + second.sum(axis=0)
    swapped = patterns @ (second - first)
    hits = sum(
        abs(_difference(value, first.sum(axis=0) + moved, both - first.sum(axis=0) - moved))
        >= observed - 1e-12
        for moved in swapped
    )
    if units <= _EXACT_UNITS:
        return int(hits) / len(patterns), name
    return (int(hits) + 1) / (_SWAPS + 1), name
