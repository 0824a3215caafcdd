"""Rates against exact rationals, published values and enumeration."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb

import pytest

from codetune.errors import UsageError
from codetune.evaluate.statistics.estimates import bootstrap, pass_at_k, pass_hat_k, wilson


@pytest.mark.parametrize(
    ("samples", "correct", "k"),
    [(1, 0, 1), (10, 1, 10), (200, 3, 100), (5000, 7, 2500), (10_000, 1, 1), (10_000, 5000, 3),
     (10_000, 9999, 2), (10_000, 13, 9000), (10_000, 4, 100)],
)  # fmt: skip
def test_pass_at_k_equals_exact_rationals(samples: int, correct: int, k: int) -> None:
    exact = 1 - Fraction(comb(samples - correct, k), comb(samples, k))
    assert pass_at_k(samples, correct, k) == pytest.approx(float(exact), rel=1e-9, abs=1e-12)
    every = Fraction(comb(correct, k), comb(samples, k))
    assert pass_hat_k(samples, correct, k) == pytest.approx(float(every), rel=1e-9, abs=1e-300)


def test_both_equal_enumeration() -> None:
    outcomes = [True, True, False, False, False, True]
    draws = list(combinations(outcomes, 3))
    assert pass_at_k(6, 3, 3) == pytest.approx(sum(map(any, draws)) / len(draws))
    assert pass_hat_k(6, 3, 3) == pytest.approx(sum(map(all, draws)) / len(draws))


@pytest.mark.parametrize(("samples", "correct", "k"), [(3, 1, 4), (3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_impossible_counts_are_refused(samples: int, correct: int, k: int) -> None:
    for rate in (pass_at_k, pass_hat_k):
        with pytest.raises(UsageError):
            rate(samples, correct, k)


def test_wilson_against_hand_computed_values() -> None:
    some = wilson(115, 164)
    assert (round(some.low, 3), round(some.high, 3)) == (0.627, 0.766)
    everything = wilson(164, 164)
    assert everything.high == 1.0
    assert everything.low == pytest.approx(164 / (164 + 1.959964**2), rel=1e-6)
    assert wilson(0, 164).low == 0.0
    with pytest.raises(UsageError):
        wilson(0, 0)


def test_bootstrap_covers_and_repeats() -> None:
    values = [0.0] * 60 + [1.0] * 40
    found = bootstrap(values)
    assert found.value == pytest.approx(0.4)
    # The normal interval of 40 of 100: 0.4 +- 1.96 * sqrt(0.4 * 0.6 / 100).
    assert found.low == pytest.approx(0.304, abs=0.02)
    assert found.high == pytest.approx(0.496, abs=0.02)
    assert bootstrap(values) == found
    with pytest.raises(UsageError):
        bootstrap([])


def test_copies_of_a_problem_don_t_make_the_score_surer() -> None:
    values = [float(n % 5 == 0) for n in range(50)]
    copied = [value for value in values for _ in range(6)]
    clusters = [str(n) for n in range(50) for _ in range(6)]
    alone = bootstrap(copied)
    clustered = bootstrap(copied, clusters)
    assert clustered.count == 50
    assert clustered.high - clustered.low > 2 * (alone.high - alone.low)
