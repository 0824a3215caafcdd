"""Target areas: where a programmer would point."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.edits.area import AreaSettings, changed_ranges, check_area, draw_area
from codetune.edits.formats.special_tokens import mark_area
from codetune.rejection import Rejection

TEXTS = st.lists(st.sampled_from(["", "ab", "ac", "é😀x", "b\r", "c"]), max_size=10).map("\n".join)
EXACT = AreaSettings(use_loc_prob=1, loc_all_noisy_prob=0, loc_noisy_prob=0)


@given(TEXTS, TEXTS)
def test_ranges_are_inside_the_text_in_order_and_apart(current: str, following: str) -> None:
    ranges = changed_ranges(current, following)
    ends = [offset for pair in ranges for offset in pair]
    assert ends == sorted(ends) and all(0 <= offset <= len(current) for offset in ends)
    assert bool(ranges) == (current != following)


@given(TEXTS, TEXTS)
def test_what_lies_outside_the_ranges_stays(current: str, following: str) -> None:
    rest, position = "", 0
    for start, end in changed_ranges(current, following):
        rest, position = rest + current[position:start], end
    rest += current[position:]
    remaining = iter(following)
    assert all(character in remaining for character in rest), "what stays is a subsequence of the next text"


@pytest.mark.parametrize(
    ("current", "following", "ranges"),
    [
        ("a = 1\nb = 2\nc = 3", "a = 1\nb = 20\nc = 3", [(11, 11)]),
        ("a\r\nb\r\nc", "a\r\nX\r\nc", [(3, 4)]),
        ("é😀\nx", "é😀\ny", [(3, 4)]),
        ("a\nb", "a", [(1, 3)]),
        ("a", "a\n", [(1, 1)]),
    ],
)
def test_ranges_count_characters(current: str, following: str, ranges: list[tuple[int, int]]) -> None:
    assert changed_ranges(current, following) == ranges


@given(TEXTS, TEXTS, st.integers(0, 50))
def test_an_exact_selection_holds_every_change(current: str, following: str, key: int) -> None:
    area = draw_area(current, following, EXACT.model_copy(update={"loc_cursor_prob": 0.0}), 0, str(key))
    assert area is not None and len(area) == 2
    changes = changed_ranges(current, following) or [(0, len(current))]
    assert area == (changes[0][0], changes[-1][1])


@given(TEXTS, TEXTS, st.integers(0, 50))
def test_every_drawn_area_lies_in_the_text(current: str, following: str, key: int) -> None:
    check_area(current, draw_area(current, following, AreaSettings(use_loc_prob=1), 0, str(key)))


def test_shares_are_those_of_the_settings() -> None:
    areas = [draw_area("a\nb\nc", "a\nB\nc", AreaSettings(), 0, str(key)) for key in range(2000)]
    cursors = sum(area is not None and len(area) == 1 for area in areas)
    selections = sum(area is not None and len(area) == 2 for area in areas)
    assert 670 < cursors < 830 and 670 < selections < 830  # 2,000 x 0.75 x 0.5, five standard deviations


@pytest.mark.parametrize(
    ("text", "area", "reason"),
    [
        ("abc", (4,), "outside the text"),
        ("abc", (-1,), "outside the text"),
        ("abc", (2, 1), "outside the text"),
        ("abc", (0, 1, 2), "outside the text"),
        ("\ud83d\ude00", (1,), "inside a character"),
    ],
)
def test_an_impossible_area_is_told(text: str, area: tuple[int, ...], reason: str) -> None:
    with pytest.raises(Rejection, match=reason):
        check_area(text, area)


def test_areas_are_marked_in_the_text() -> None:
    assert mark_area("abc", None) == "abc"
    assert mark_area("abc", (1,)) == "a<|target|>bc"
    assert mark_area("abc", (1, 2)) == "a<|target_start|>b<|target_end|>c"
