"""Seeded choices follow what is chosen, not its place."""

from __future__ import annotations

import pickle
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.errors import UsageError
from codetune.rejection import Rejection
from codetune.seeding import LARGEST_SEED, check_seed, draw, fraction, rank
from codetune.store.context import StageContext


@given(st.integers(), st.lists(st.text(), max_size=3))
def test_equal_arguments_give_equal_choices(seed: int, keys: list[str]) -> None:
    assert draw(seed, *keys).random() == draw(seed, *keys).random()
    assert rank(seed, *keys) == rank(seed, *keys)
    assert 0 <= fraction(seed, *keys) < 1


def test_a_draw_is_pythons_generator_seeded_with_the_joined_keys() -> None:
    assert draw(3, "row", "wording").random() == random.Random("3:row:wording").random()


def test_fractions_are_spread_evenly() -> None:
    below = sum(fraction(0, number, "held-out") < 0.25 for number in range(4000))
    assert 900 < below < 1100  # 1,000 expected, standard deviation 27


def test_a_rejection_survives_pickling_with_its_detail() -> None:
    copy = pickle.loads(pickle.dumps(Rejection("does not parse", "line 3")))
    assert (copy.reason, copy.detail, str(copy)) == ("does not parse", "line 3", "does not parse: line 3")


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1])
def test_a_seed_that_a_library_would_refuse_later_is_refused_at_once(seed: int, tmp_path: Path) -> None:
    assert check_seed(LARGEST_SEED) == LARGEST_SEED
    with pytest.raises(UsageError, match=f"whole number from 0 to 4,294,967,295, not {seed}"):
        StageContext(seed=seed, cache=tmp_path)
