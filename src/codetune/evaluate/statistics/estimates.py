"""Rates with intervals: pass@k and pass^k for each problem, and how sure their mean is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod, sqrt
from statistics import NormalDist

from codetune.errors import UsageError

__all__ = ["Estimate", "bootstrap", "pass_at_k", "pass_hat_k", "wilson"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate, 0 to 1, with its interval.

    Attributes:
        value: The point estimate.
        low: Lower end of the interval.
        high: Upper end.
        method: How the interval was made, e.g. `Wilson 95 %`.
        count: The denominator: problems (or clusters) the rate is over.
    """

    value: float
    low: float
    high: float
    method: str
    count: int


def _check(samples: int, correct: int, k: int) -> None:
    if not 0 <= correct <= samples:
        raise UsageError(f"{correct} correct of {samples} samples is impossible")
    if not 1 <= k <= samples:
        raise UsageError(
            f"pass@{k} needs at least {k} samples of each problem, there are {samples}",
            next_step="draw more samples, or ask for a smaller k",
        )


def pass_at_k(samples: int, correct: int, k: int) -> float:
    """Chance that at least one of k samples, drawn without replacement, is correct.

    Args:
        samples: Samples of the problem, n.
        correct: Those that passed, c; 0 <= c <= n.
        k: Draws; 1 <= k <= n.

    Returns:
        A fraction in [0, 1]: 1 - C(n-c, k) / C(n, k), as a product that can't overflow.

    Raises:
        UsageError: k exceeds n, or c does.

    Source: Chen et al. 2021, arXiv:2107.03374, eq. 1.
    """
    _check(samples, correct, k)
    if samples - correct < k:
        return 1.0
    if k <= correct:  # the shorter of the two equal products loses the least precision
        return 1.0 - prod(1.0 - correct / n for n in range(samples, samples - k, -1))
    return 1.0 - prod(1.0 - k / n for n in range(samples - correct + 1, samples + 1))


def pass_hat_k(samples: int, correct: int, k: int) -> float:
    """Chance that all of k samples, drawn without replacement, are correct: C(c, k) / C(n, k).

    Raises:
        UsageError: k exceeds n, or c does.

    Source: Yao et al. 2024, arXiv:2406.12045.
    """
    _check(samples, correct, k)
    if correct < k:
        return 0.0
    return prod((correct - drawn) / (samples - drawn) for drawn in range(k))


def wilson(passed: float, total: int, confidence: float = 0.95) -> Estimate:
    """Wilson's score interval of a proportion; it holds at 0 and 1 and for few problems.

    Raises:
        UsageError: Nothing was counted.

    Source: Wilson 1927, JASA 22:209.
    """
    if total <= 0:
        raise UsageError("a rate over no problems has no value")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate = passed / total
    scale = 1 + z * z / total
    middle = (rate + z * z / (2 * total)) / scale
    half = z / scale * sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    # At the ends the interval touches them exactly; the subtraction leaves 1e-17.
    low = 0.0 if passed == 0 else middle - half
    high = 1.0 if passed == total else middle + half
    return Estimate(rate, low, high, f"Wilson {confidence:.0%}", total)


def bootstrap(
    values: Sequence[float],
    clusters: Sequence[str] | None = None,
    *,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Estimate:
    """Percentile bootstrap of a mean over problems; whole clusters are drawn where they are given.

    Args:
        values: One value a problem.
        clusters: Cluster of each problem; None takes each for its own.
        confidence: Coverage aimed at.
        resamples: Draws.
        seed: Of the draws.

    Raises:
        UsageError: No values.
    """
    if not values:
        raise UsageError("a rate over no problems has no value")
    import numpy as np  # a score of one sample a problem needs none of it

    numbers = np.asarray(values, dtype=float)
    names = np.arange(len(numbers)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    sums = np.bincount(names, weights=numbers)
    sizes = np.bincount(names)
    generator = np.random.default_rng(seed)
    means = np.empty(resamples)
    for start in range(0, resamples, 1000):  # memory stays small for large benchmarks
        drawn = generator.integers(0, len(sums), (min(1000, resamples - start), len(sums)))
        means[start : start + len(drawn)] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    kind = "bootstrap" if clusters is None else "cluster bootstrap"
    return Estimate(float(numbers.mean()), float(low), float(high), f"{kind} {confidence:.0%}", len(sums))
