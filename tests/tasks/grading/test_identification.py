"""The code is found by what was written about it: true summaries high, shuffled and empty ones at chance."""

from __future__ import annotations

import pytest

from codetune.tasks.grading.identification import found_among_ten

NOUNS = [
    "socket", "calendar", "matrix", "cookie", "archive", "thread", "colour", "invoice",
    "polygon", "password", "gradient", "playlist",
]  # fmt: skip
CODES = [f"def load(path):\n    {noun} = read(path)\n    return {noun}" for noun in NOUNS]
TRUE = [f"Return the {noun} that was read." for noun in NOUNS]


def mean(values):
    return sum(values) / len(values)


def test_true_summaries_find_their_code_and_those_of_other_code_do_not():
    assert found_among_ten(CODES, TRUE) == [1.0] * 12
    assert mean(found_among_ten(CODES, TRUE[1:] + TRUE[:1])) < 0.1


@pytest.mark.parametrize("text", ["", "This function does what it is meant to do.", "读取。"])
def test_what_fits_any_code_is_at_chance(text):
    assert found_among_ten(CODES, [text] * 12) == pytest.approx([0.1] * 12)


def test_a_copy_of_the_code_says_nothing():
    assert found_among_ten(CODES, CODES) == pytest.approx([0.1] * 12)
    fenced = [f"```python\n{code}\n```" for code in CODES]
    assert found_among_ten(CODES, fenced) == pytest.approx([0.1] * 12)


@pytest.mark.parametrize(
    "head", ["def {}(x):", "func (s *Server) {}(x int) {{", "public static int {}(int x) {{", "class {}:"]
)
def test_the_name_of_the_function_says_nothing(head):
    codes = [head.format(f"read_{noun}") + "\n    return x" for noun in NOUNS]
    assert found_among_ten(codes, [f"Read {noun}." for noun in NOUNS]) == pytest.approx([0.1] * 12)


def test_inflected_words_and_split_identifiers_count_as_one():
    codes = [*CODES[:-1], "def f(raw): return parseHeaders(raw)"]
    assert found_among_ten(codes, [*TRUE[:-1], "Parsed header lines."])[-1] == 1.0


def test_all_choices_of_nine_are_counted():
    """Eleven others, one of which fits better: it is among nine chosen with a chance of 9 / 11."""
    codes = [*CODES[:10], "def a(): return alpha", "def b(): return alpha, beta"]
    assert found_among_ten(codes, [*TRUE[:10], "alpha beta", "x"])[10] == pytest.approx(2 / 11)


def test_rows_of_the_same_code_are_no_alternatives():
    assert found_among_ten([*CODES, CODES[0]], [*TRUE, TRUE[0]])[0] == 1.0


def test_fewer_than_ten_pieces_give_no_score():
    assert found_among_ten(CODES[:9], TRUE[:9]) is None
    assert found_among_ten(CODES[:9] + CODES[:9], TRUE[:9] + TRUE[:9]) is None
