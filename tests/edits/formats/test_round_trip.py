"""An edit that is written down and read back is the same edit, whatever the texts hold."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codetune.edits.formats.registry import EDIT_FORMATS

LINES = st.sampled_from(
    ["", " ", "a", "a", "b", "    a", "}", "```", "````", "```python", "\r", "a\r", "1,2", "<|next_end|>", "<|next_start|>",
     "<|search_and_replace|>", "\\<|search_and_replace|>", "...", "é", "\u2028", "\x0b", "\x00", "\ud800", "# x"]
)  # fmt: skip
REPEATING = st.lists(LINES, max_size=14).map("\n".join)
TEXTS = st.one_of(st.text(st.characters(), max_size=60), REPEATING)


@pytest.mark.parametrize("name", EDIT_FORMATS)
@settings(max_examples=400)
@given(current=TEXTS, following=TEXTS, chat=st.one_of(st.just(""), TEXTS))
def test_applying_what_was_rendered_gives_the_next_text(
    name: str, current: str, following: str, chat: str
) -> None:
    form = EDIT_FORMATS[name]
    assert form.apply(form.render(current, following, "python", chat), current) == following


@pytest.mark.parametrize("name", EDIT_FORMATS)
def test_small_changes_of_a_repeating_file_come_back(name: str) -> None:
    form, draw = EDIT_FORMATS[name], random.Random(5)
    for _ in range(150):
        lines = [draw.choice(["x = 1", "}", "", "    return x", f"y{draw.randint(0, 9)}"]) for _ in range(80)]
        after = list(lines)
        for _ in range(draw.randint(1, 6)):
            place = draw.randrange(len(after))
            after[place : place + draw.randint(0, 3)] = ["z = 2"] * draw.randint(0, 2)
        current, following = "\n".join(lines), "\n".join(after)
        assert form.apply(form.render(current, following), current) == following
