"""What of a docstring is prose, and in which language."""

from __future__ import annotations

import pytest

from codetune.tasks.docstring import count_words, is_in_language, leaks, prose_of, summary_of


@pytest.mark.parametrize(
    ("docstring", "prose"),
    [
        ("Add two numbers.\n\n:param a: one\n:returns: sum", "Add two numbers."),
        ("Add two numbers.\n\nArgs:\n    a: one", "Add two numbers."),
        ("Add two numbers.\n\nParameters\n----------\na : int", "Add two numbers."),
        ("Add two numbers.\n@param a one\n@return sum", "Add two numbers."),
        ("Add.\n\n>>> add(1, 2)\n3", "Add."),
        ("<summary>Adds two.</summary>\n<param name='a'>one</param>", "Adds two."),
        ("Adds two.\n\n# Examples\n\n```", "Adds two."),
        ("\\brief Adds two.\n\\param a one", "Adds two."),
        (":param a: one", ""),
        ("@return sum\n@since 1.2", ""),
        ("One.\n\nTwo returns it.", "One.\n\nTwo returns it."),
    ],
)
def test_prose_ends_where_tags_begin(docstring, prose):
    assert prose_of(docstring) == prose


def test_summary_is_the_first_paragraph_on_one_line():
    assert summary_of("  Add two\n  numbers.\n\n  And more.\n") == "Add two numbers."


def test_an_address_on_a_line_of_its_own_is_no_summary():
    assert summary_of("Sums the values.\nPlay: https://go.dev/play/p/x1") == "Sums the values."
    assert (
        summary_of("Reads a page, see https://e.org/a for its form.")
        == "Reads a page, see https://e.org/a for its form."
    )
    assert summary_of("@link <https://e.org>") == "" == summary_of("https://e.org/a")


def test_words_in_both_languages():
    assert count_words("Don't re-open it, 3 times.") == 5
    assert count_words("返回两数之和 sum") == 7
    assert count_words("-- ** --") == 0


@pytest.mark.parametrize(
    ("text", "language", "verdict"),
    [
        ("Return the sum of a and b.", "en", True),
        ("Naïve façade lookup.", "en", True),
        ("返回 a 与 b 的和", "en", False),
        ("Возвращает сумму", "en", False),
        ("返回 a 与 b 的和", "zh", True),
        ("合計を返すメソッドです", "zh", False),
        ("Return the sum", "zh", False),
        ("123 --", "en", False),
    ],
)
def test_language_by_script(text, language, verdict):
    assert is_in_language(text, language) is verdict


def test_leaks_sees_through_layout_and_punctuation():
    assert leaks("Return the sum.", "# return THE\n sum of it")
    assert not leaks("Return the sum.", "# return the summary")
    assert not leaks("Sum", "sum")  # too short to be a giveaway


@pytest.mark.parametrize(
    ("docstring", "summary"),
    [
        ("call-seq:\n compare(other)\n\nCompare this node to +other+.", "Compare this node to +other+."),
        ("call-seq:\n  str.size -> integer\n  str.length -> integer\n\nCounts it.", "Counts it."),
        ("\\rst\n  Formats its arguments.\n\n  **Example**", "Formats its arguments."),
        ("Reserves space for it.\n\\endrst", "Reserves space for it."),
        (":call-seq:\n  parse(io) { |context| ... }\n\nParse it.", "Parse it."),
        ("@covers App\\Handler::write", ""),
        ("@__NO_SIDE_EFFECTS__", ""),
    ],
)
def test_marks_of_tools_before_the_prose_are_left_out(docstring, summary) -> None:
    assert summary_of(docstring) == summary
