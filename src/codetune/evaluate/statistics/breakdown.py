"""What a comparison shows beside its one figure: parts of the problems alone, and pass@k by k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from codetune.evaluate.scoring.count_samples import Tally
from codetune.evaluate.statistics.comparison import CurvePoint, GroupChange
from codetune.evaluate.statistics.estimates import Estimate, bootstrap, pass_at_k, wilson
from codetune.evaluate.statistics.paired import paired_interval

__all__ = ["change_by_group", "pass_at_k_curve"]

_CURVE_KS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
_FEWEST_FOR_INTERVAL = 5
"""Problems of a group; fewer get no interval."""


def change_by_group(
    rates: Mapping[str, tuple[float, float]], groups: Mapping[str, Sequence[str]]
) -> dict[str, GroupChange]:
    """The problems of each group alone.

    Args:
        rates: Problem -> its rate in the first and in the second run.
        groups: Group -> its problems.
    """
    found = {}
    for name, tasks in groups.items():
        pairs = [rates[task] for task in tasks if task in rates]
        if not pairs:
            continue
        first, second = (fmean(side) for side in zip(*pairs, strict=True))
        differences = [other - one for one, other in pairs]
        ends = paired_interval(differences)[1:] if len(pairs) >= _FEWEST_FOR_INTERVAL else (None, None)
        found[name] = GroupChange(
            problems=len(pairs),
            first=first,
            second=second,
            difference=second - first,
            low=ends[0],
            high=ends[1],
        )
    return found


def pass_at_k_curve(
    first: Mapping[str, Tally], second: Mapping[str, Tally], shared: Sequence[str], names: list[str] | None
) -> tuple[CurvePoint, ...]:
    """pass@k of both runs for k from 1 to the fewest samples of a problem; empty where that is 1.

    Args:
        first: Problem -> its samples.
        second: The same of the other run.
        shared: The problems that both have.
        names: Cluster of each of them; None where each is its own.
    """
    most = min(min(first[task].counted, second[task].counted) for task in shared)
    ks = [k for k in _CURVE_KS if k < most] + [most]
    if most < 2:
        return ()

    def rate(side: Mapping[str, Tally], k: int) -> Estimate:
        values = [pass_at_k(side[task].counted, side[task].passed, k) for task in shared]
        if len(set(values)) == 1:  # draws of equal values say nothing, their number does
            return wilson(values[0] * len(values), len(values))
        return bootstrap(values, names, resamples=2_000)

    return tuple(CurvePoint(k=k, first=rate(first, k), second=rate(second, k)) for k in ks)
