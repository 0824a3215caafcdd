"""Blocks, series of states, and the moments drawn from them."""

from __future__ import annotations

import difflib
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.edits.blocks import apply_blocks, diff_blocks
from codetune.edits.series import SeriesSettings, edit_series, intermediate_states, moments

TEXTS = st.lists(st.sampled_from(["", "a", "b", "c", "a\r", "\x00", "\ud800", "é"]), max_size=12).map(
    "\n".join
)
OLD = "a\nb\nc\nd\ne"
NEW = "A\nb\nC\nd\nE"


@given(TEXTS, TEXTS)
def test_all_blocks_make_the_new_text_and_none_the_old(old: str, new: str) -> None:
    blocks = diff_blocks(old, new)
    assert apply_blocks(old, blocks) == new
    assert apply_blocks(old, blocks, ()) == old
    for left, right in pairwise(blocks):
        assert left.end < right.start, "blocks with no line between them are one block"


def test_as_many_lines_change_as_in_pythons_own_diff() -> None:
    draw = random.Random(3)
    for _ in range(40):
        old = [f"line {draw.randint(0, 400)}" for _ in range(120)]
        new = list(old)
        for _ in range(5):
            place = draw.randrange(len(new))
            new[place : place + draw.randint(0, 3)] = [f"new {draw.random()}"] * draw.randint(0, 3)
        blocks = diff_blocks("\n".join(old), "\n".join(new))
        ours = sum(block.end - block.start + len(block.lines) for block in blocks)
        steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        theirs = sum(i2 - i1 + j2 - j1 for tag, i1, i2, j1, j2 in steps if tag != "equal")
        assert ours <= theirs


def test_states_change_one_block_at_a_time_in_an_order_of_the_key() -> None:
    states = intermediate_states(OLD, NEW, 0, "row")
    assert states[0] == OLD and states[-1] == NEW and len(states) == 4
    assert [len(diff_blocks(left, right)) for left, right in pairwise(states)] == [1, 1, 1]
    assert states == intermediate_states(OLD, NEW, 0, "row")
    assert len({tuple(intermediate_states(OLD, NEW, 0, str(key))) for key in range(40)}) == 6  # 3! orders


def test_splitting_steps_is_drawn_step_by_step() -> None:
    versions = [OLD, NEW, OLD.upper()]
    assert edit_series(versions, SeriesSettings(limit_one_block_prob=0), 0, "row") == [OLD, NEW]
    whole = edit_series(versions, SeriesSettings(limit_one_block_prob=1), 0, "row")
    assert len(whole) == 3 + 2  # three blocks, then two


def test_moments_are_the_keys_own() -> None:
    states = [f"{'x' * count}" for count in range(1, 8)]
    drawn = SeriesSettings(max_per_sample=4)
    first = list(moments(states, "end", drawn, 0, "row"))
    assert first == list(moments(states, "end", drawn, 0, "row"))
    assert len(first) == 4 and len({moment.position for moment in first}) == 4
    for moment in first:
        assert moment.current == states[moment.position]
        assert moment.history in ((), tuple(states[: moment.position]))


def test_a_low_alpha_prefers_early_states_and_a_high_one_late_states() -> None:
    states = [str(number) for number in range(300)]

    def mean(alpha: float) -> float:
        drawn = SeriesSettings(alpha=alpha, use_history_prob=0)
        places = [m.position for key in range(60) for m in moments(states, "end", drawn, 0, str(key))]
        return sum(places) / len(places)

    assert mean(0.9) < 40 and 100 < mean(1.0) < 200 and mean(1000.0) > 250


@pytest.mark.parametrize(
    ("states", "final", "chosen"),
    [
        ([""], "a", SeriesSettings(use_user_prob=0, use_history_prob=0)),  # nothing to guess from
        (["a"], "b", SeriesSettings(use_history_prob=1)),  # history is wanted, and there is none
        (["a  b"], "a\nb ", SeriesSettings(use_history_prob=0)),  # only white space changes
        ([], "a", SeriesSettings()),
    ],
)
def test_states_that_teach_nothing_give_no_moment(
    states: list[str], final: str, chosen: SeriesSettings
) -> None:
    assert not list(moments(states, final, chosen, 0, "row"))


def test_the_empty_beginning_counts_where_somebody_asks() -> None:
    found = list(moments([""], "a", SeriesSettings(use_user_prob=1, use_history_prob=0), 0, "row"))
    assert [moment.asks for moment in found] == [True]
