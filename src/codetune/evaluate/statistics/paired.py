"""Two runs on the same problems: what differs, how sure that is, and what could have been seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

import numpy as np
from scipy import special  # `scipy.stats` holds the same numbers and takes a second to import

from codetune.errors import UsageError

__all__ = [
    "PairedTest",
    "binary_interval",
    "detectable",
    "holm",
    "mcnemar",
    "paired_interval",
    "sign_flip",
    "smallest_detectable",
]

_EXACT_FLIPS = 16
_Name = TypeVar("_Name")


@dataclass(frozen=True, slots=True)
class PairedTest:
    """A test's two-sided p-value and its name."""

    p_value: float
    test: str


def mcnemar(first_only: int, second_only: int) -> PairedTest:
    """Exact McNemar: are the problems that one run alone solved split evenly?

    Args:
        first_only: Problems that the first run solved and the second did not.
        second_only: The other way round.

    Source: McNemar 1947; exact binomial form.
    """
    total = first_only + second_only
    if total == 0:
        return PairedTest(1.0, "exact McNemar")
    tail = special.bdtr(min(first_only, second_only), total, 0.5)
    return PairedTest(min(1.0, 2 * float(tail)), "exact McNemar")


def sign_flip(differences: Sequence[float], *, resamples: int = 20_000, seed: int = 0) -> PairedTest:
    """Sign-flip permutation test of a mean difference; exact where there are few that differ.

    Args:
        differences: Second minus first, one a problem (or one a cluster).
        resamples: Random flips where all of them are too many.
        seed: Of the flips.
    """
    numbers = np.asarray([d for d in differences if d != 0], dtype=float)
    if len(numbers) == 0:
        return PairedTest(1.0, "sign-flip permutation")
    observed = abs(numbers.sum()) - 1e-12
    if len(numbers) <= _EXACT_FLIPS:
        codes = np.arange(2 ** len(numbers))[:, None] >> np.arange(len(numbers)) & 1
        sums = np.where(codes, numbers, -numbers).sum(axis=1)
        return PairedTest(float((np.abs(sums) >= observed).mean()), "exact sign-flip permutation")
    generator = np.random.default_rng(seed)
    hits = 0
    for start in range(0, resamples, 1000):
        signs = generator.choice([-1.0, 1.0], (min(1000, resamples - start), len(numbers)))
        hits += int((np.abs(signs @ numbers) >= observed).sum())
    return PairedTest((hits + 1) / (resamples + 1), "sign-flip permutation")


def paired_interval(differences: Sequence[float], confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean difference and its interval from the paired standard error.

    Returns:
        (mean, low, high), in the unit of the differences; the interval stays within [-1, 1].

    Raises:
        UsageError: Fewer than two problems.

    Source: Miller 2024, arXiv:2411.00640, sec. 4.2.
    """
    numbers = np.asarray(differences, dtype=float)
    if len(numbers) < 2:
        raise UsageError("comparing needs at least two problems that both runs have")
    mean = float(numbers.mean())
    # Where nothing differs the spread says nothing; one problem that did is the least there can be.
    spread = float(numbers.std(ddof=1)) or 1 / sqrt(len(numbers))
    error = spread / sqrt(len(numbers))
    half = float(special.stdtrit(len(numbers) - 1, 0.5 + confidence / 2)) * error
    return mean, max(mean - half, -1.0), min(mean + half, 1.0)


def binary_interval(
    first_only: int, second_only: int, problems: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval of the difference of two paired proportions, one sample a problem; never of width zero.

    Args:
        first_only: Problems that the first run alone solved.
        second_only: Problems that the second run alone solved.
        problems: All problems.
        confidence: Coverage aimed at.

    Returns:
        (low, high) of second minus first, within [-1, 1].

    Source: Bonett and Price 2012, J. Educ. Behav. Stat. 37:479 (adjusted Wald).
    """
    gained, lost = (second_only + 1) / (problems + 2), (first_only + 1) / (problems + 2)
    mean = gained - lost
    error = sqrt((gained + lost - mean * mean) / (problems + 2))
    half = float(special.ndtri(0.5 + confidence / 2)) * error
    return max(mean - half, -1.0), min(mean + half, 1.0)


def holm(p_values: Mapping[_Name, float]) -> dict[_Name, float]:
    """Holm's step-down correction: adjusted p-values, in the order given.

    Source: Holm 1979, Scand. J. Statist. 6:65.
    """
    adjusted: dict[_Name, float] = {}
    largest = 0.0
    ordered = sorted(p_values.items(), key=lambda item: item[1])
    for rank, (name, value) in enumerate(ordered):
        largest = max(largest, min(1.0, value * (len(ordered) - rank)))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


def smallest_detectable(differences: Sequence[float], *, power: float = 0.8, level: float = 0.05) -> float:
    """Smallest true mean difference that a test on so many problems would see with this power.

    Args:
        differences: Observed ones; their spread is what the next run's is taken to be.
        power: Chance of seeing it.
        level: Two-sided significance level.

    Returns:
        A fraction; for HumanEval with one problem in five differing, 0.098.
    """
    numbers = np.asarray(differences, dtype=float)
    if len(numbers) < 2:
        return 1.0
    # Where nothing differs the spread says nothing; one problem that did is the least there can be.
    spread = max(float(numbers.std(ddof=1)), 1 / sqrt(len(numbers)))
    return detectable(spread / sqrt(len(numbers)), power=power, level=level)


def detectable(standard_error: float, *, power: float = 0.8, level: float = 0.05) -> float:
    """Smallest true difference that a two-sided test sees with this power, at most 1."""
    z = float(special.ndtri(1 - level / 2) + special.ndtri(power))
    return min(1.0, z * standard_error)
