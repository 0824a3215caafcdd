"""The codec between test side and program side: what goes over comes back equal, and nothing else comes over."""

from __future__ import annotations

import collections
import contextlib
import datetime
import decimal
import fractions
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.execution.box.strict.codec import NotSerializable, decode, encode

KEYS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.tuples(st.integers(), st.text())
)
VALUES = st.recursive(
    st.one_of(
        KEYS,
        st.floats(allow_nan=False),
        st.complex_numbers(allow_nan=False),
        st.decimals(allow_nan=False),
        st.fractions(),
        st.datetimes(),
        st.timedeltas(),
    ),
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(KEYS, inner),
        st.sets(KEYS),
        st.frozensets(KEYS),
    ),
    max_leaves=20,
)


def over(value: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value))))


def shape(value: Any) -> Any:
    """A value with the type of each part, so that 1, 1.0 and True differ, as do 0.0 and -0.0."""
    if isinstance(value, dict):
        return dict, [(shape(key), shape(inner)) for key, inner in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [shape(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return type(value), sorted(repr(shape(inner)) for inner in value)
    return type(value), repr(value)


@given(VALUES)
def test_values_come_back_equal_and_of_the_same_type(value: Any) -> None:
    back = over(value)
    assert back == value
    assert shape(back) == shape(value)


def test_what_json_alone_would_lose_is_kept() -> None:
    assert over(True) is True and over(1) == 1 and type(over(1)) is int
    assert math.isnan(over(float("nan"))) and over(-math.inf) == -math.inf
    assert str(over(-0.0)) == "-0.0"
    assert over(10**5000) == 10**5000
    assert over({1: "a", "1": "b", (1,): "c"}) == {1: "a", "1": "b", (1,): "c"}
    assert type(over(collections.Counter("aab"))) is collections.Counter
    assert over(datetime.datetime(2000, 1, 1, fold=1)).fold == 1 and over(datetime.time(1, fold=1)).fold == 1
    assert over(datetime.date(2000, 1, 1)) == datetime.date(2000, 1, 1)
    assert over(collections.deque([1, 2], maxlen=3)).maxlen == 3
    assert list(over(map(str, [1, 2]))) == ["1", "2"]
    assert over(range(3, 9, 2)) == range(3, 9, 2)
    assert over((decimal.Decimal("0.10"), fractions.Fraction(1, 3), datetime.date(2020, 1, 2)))


def test_a_value_that_claims_to_equal_everything_arrives_as_what_it_holds() -> None:
    class Five(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    class Liar(list):  # type: ignore[type-arg]
        def __eq__(self, other: object) -> bool:
            return True

        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter([42])

    assert over(Five(5)) == 5 and over(Five(5)) != 6
    assert over(Liar([1])) == [1] and type(over(Liar([1]))) is list


def test_the_rest_is_refused() -> None:
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    for value in (object(), lambda: 0, cyclic, iter(int, 1)):
        with pytest.raises(NotSerializable):
            encode(value)


@pytest.mark.parametrize(
    "forged",
    [[], ["?"], ["l"], ["l", 1], ["d", [[1]]], ["i", "zz"], ["o", 1], {"a": 1}, ["N", "eval", "1"], 1 << 60,
     ["T", "datetime", "x"], ["s", [["l", []]]], ["b", "0"], [["l"]], ["r", "a"]],
)  # fmt: skip
def test_malformed_data_is_refused(forged: Any) -> None:
    with pytest.raises(NotSerializable):
        decode(forged)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)
TAGS = st.sampled_from(["f", "i", "l", "t", "d", "dC", "dO", "s", "z", "c", "b", "q", "r", "D", "Q", "T", "E", "e", "I", "o"])  # fmt: skip
TAGGED = st.recursive(
    JSON, lambda inner: st.tuples(TAGS, inner, inner, inner).map(list) | st.tuples(TAGS, inner).map(list)
)


@given(JSON | TAGGED)
def test_data_that_an_attacker_wrote_is_a_value_or_not_serializable(packed: Any) -> None:
    for resolve in (lambda number: number, None):
        with contextlib.suppress(NotSerializable):
            decode(packed, resolve) if resolve else decode(packed)


@pytest.mark.parametrize(
    "hostile",
    [["Q", 1, 0], ["Q", 1, -1], ["Q", ["i", "0x1" + "0" * 20_000], 3], ["D", 0, "1", 10**18], ["D", 0, "1" * 70_000, 0],
     ["D", 2, "1", 0], ["E", math.inf, 0, 0], ["E", 10**18, 0, 0], ["i", "0x" + "f" * 2_000_000], ["T", "datetime", "9" * 99, 0],
     ["q", [], -1], ["q", [], 10**18], ["s", [1, 1]], ["d", [[1, 2], [1, 3]]], ["s", [n * (2**61 - 1) for n in range(99)]],
     ["d", [[n * (2**61 - 1), 0] for n in range(99)]], ["o", True], ["o", -1], ["c", 1, 2], [True, 1], ["r", 1, 2, 0]],
)  # fmt: skip
def test_numbers_and_keys_that_are_made_to_hurt_are_refused(hostile: Any) -> None:
    with pytest.raises(NotSerializable):
        decode(hostile, lambda number: number)


def test_depth_and_number_of_values_are_bounded() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = ["l", [deep]]
    with pytest.raises(NotSerializable):
        decode(deep)
    with pytest.raises(NotSerializable, match="too many"):
        decode(["l", [1] * 12_000_001])
