"""Paired tests against published values and by hand."""

from __future__ import annotations

import pytest

from codetune.errors import UsageError
from codetune.evaluate.statistics.paired import holm, mcnemar, paired_interval, sign_flip, smallest_detectable


@pytest.mark.parametrize(("first", "second", "p"), [(20, 10, 0.0987), (22, 9, 0.0294), (0, 0, 1), (5, 5, 1)])
def test_mcnemar_is_the_exact_binomial(first: int, second: int, p: float) -> None:
    assert mcnemar(first, second).p_value == pytest.approx(p, abs=5e-4)
    assert mcnemar(second, first).p_value == pytest.approx(p, abs=5e-4)


def test_sign_flip_of_few_is_exact() -> None:
    # All five differ the same way: 2 of the 32 sign patterns are as far out.
    assert sign_flip([0.1, 0.1, 0.1, 0.1, 0.1, 0.0]).p_value == pytest.approx(2 / 32)
    assert sign_flip([0.0, 0.0]).p_value == 1.0


def test_mcnemar_agrees_with_scipys_binomial_test() -> None:
    from scipy.stats import binomtest

    for first in range(0, 40, 3):
        for second in range(1, 40, 4):
            expected = binomtest(first, first + second, 0.5).pvalue
            assert mcnemar(first, second).p_value == pytest.approx(expected, rel=1e-9)


def test_sign_flip_of_many_comes_near_mcnemar_for_single_samples() -> None:
    differences = [1.0] * 22 + [-1.0] * 9 + [0.0] * 100
    assert sign_flip(differences).p_value == pytest.approx(mcnemar(9, 22).p_value, abs=0.01)


def test_holm_by_hand() -> None:
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03})
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})
    assert list(adjusted) == ["a", "b", "c"]


def test_paired_interval_by_hand() -> None:
    mean, low, high = paired_interval([0.0, 0.5, 1.0])
    # sd 0.5, n 3, t(0.975, 2) = 4.3027: half-width 1.2421, cut at 1.
    assert (mean, low, high) == pytest.approx((0.5, -0.7421, 1.0), abs=1e-4)
    with pytest.raises(UsageError):
        paired_interval([1.0])


def test_humaneval_s_smallest_detectable_difference() -> None:
    differences = [1.0] * 16 + [-1.0] * 16 + [0.0] * 132
    assert smallest_detectable(differences) == pytest.approx(0.097, abs=0.002)
    assert smallest_detectable([0.0] * 164) > 0
