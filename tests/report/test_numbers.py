from __future__ import annotations

import math

import pytest

from codetune.report import numbers


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (numbers.count, 0, "0"),
        (numbers.count, 1234567, "1,234,567"),
        (numbers.percent, 0.0, "0.0%"),
        (numbers.percent, 10 / 164, "6.1%"),
        (numbers.percent, 1, "100.0%"),
        (numbers.points, 0.0244, "+2.4"),
        (numbers.points, -0.0112, "−1.1"),
        (numbers.points, -0.0001, "0.0"),
        (numbers.significant, 0.0002, "0.0002"),
        (numbers.significant, 1.9149, "1.91"),
        (numbers.significant, 4884480, "4,884,480"),
        (numbers.significant, -1.5, "−1.5"),
        (numbers.p_value, 0.289, "p = 0.29"),
        (numbers.p_value, 0.0291, "p = 0.029"),
        (numbers.p_value, 0.0000004, "p < 0.001"),
        (numbers.duration, 0.005, "5 ms"),
        (numbers.duration, 4.24, "4.2 s"),
        (numbers.duration, 61, "61 s"),
        (numbers.duration, 252, "4.2 min"),
        (numbers.duration, 3 * 3600 + 300, "3 h 05 min"),
        (numbers.byte_size, 999, "999 B"),
        (numbers.byte_size, 81_300, "81.3 kB"),
        (numbers.byte_size, 1.9e12, "1900.0 GB"),
    ],
)
def test_numbers_read_as_a_person_would_say_them(write, value, text) -> None:
    assert write(value) == text


@pytest.mark.parametrize(
    "write",
    [
        numbers.count,
        numbers.percent,
        numbers.points,
        numbers.significant,
        numbers.p_value,
        numbers.duration,
        numbers.byte_size,
    ],
)
def test_what_is_missing_is_not_run_and_never_zero(write) -> None:
    assert write(None) == "not run"


def test_number_takes_only_finite_numbers() -> None:
    plain = {"a": {"b": 0, "text": "3", "yes": True, "nan": math.nan, "none": None}}
    assert numbers.number(plain, "a", "b") == 0
    assert [numbers.number(plain, "a", key) for key in ("text", "yes", "nan", "none", "absent")] == [None] * 5
    assert numbers.number(plain, "a", "b", "c") is None
    assert numbers.number(None, "a") is None
