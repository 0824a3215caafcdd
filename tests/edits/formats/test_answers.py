"""What a model writes, read by the written rules; what the rules don't cover is an error with a reason."""

from __future__ import annotations

import pytest

from codetune.edits.formats.registry import EDIT_FORMATS, edit_format
from codetune.errors import ConfigError
from codetune.rejection import Rejection

WHOLE, LOCATE, SEARCH = EDIT_FORMATS.values()
CODE = "def f(x):\n    y = x\n    return y\n\ndef g(x):\n    return x"


def test_answers_without_the_tokens_are_read_too() -> None:
    assert WHOLE.apply("Here it is:\n\n```python\na = 1\n```\nDone.", "b") == "a = 1"


def test_blocks_after_the_end_token_are_talk() -> None:
    answer = "<|next_start|>```python\na = 1\n```<|next_end|>\nRun it:\n```sh\npython a.py\n```"
    assert WHOLE.apply(answer, "b") == "a = 1"


def test_an_answer_that_stops_before_the_end_token_counts_if_its_block_is_closed() -> None:
    assert WHOLE.apply("<|next_start|>```\na = 1\n```", "b") == "a = 1"


def test_code_that_holds_fences_and_tokens_stays_code() -> None:
    text = "````\n```\n<|next_end|>\n```<|next_end|>"
    assert WHOLE.apply(WHOLE.render("", text, "markdown", "```\ntalk\n```"), "") == text


@pytest.mark.parametrize(
    ("form", "answer", "reason"),
    [
        (WHOLE, "I am sorry.", "no code block"),
        (WHOLE, "<|next_start|>nothing", "no code block"),
        (WHOLE, "```python\na = 1", "code block never closes"),
        (WHOLE, "```\na\n```\nor\n```\nb\n```", "several code blocks"),
        (LOCATE, "```python\na = 1\n```", "no line range"),
        (LOCATE, "line 3\n```python\na = 1\n```", "no line range"),
        (LOCATE, "4,2\n```python\na = 1\n```", "line range is reversed"),
        (LOCATE, "7,9\n```python\na = 1\n```", "lines outside the file"),
        (LOCATE, "0,2\n```\na\n```\n1,3\n```\nb\n```", "changes overlap"),
        (SEARCH, "```python\na = 1\n```", "no separator"),
        (SEARCH, "```\na\n<|search_and_replace|>\nb\n<|search_and_replace|>\nc\n```", "several separators"),
        (SEARCH, "```\n    return z\n<|search_and_replace|>\nb\n```", "search text not found"),
        (SEARCH, "```\n\n<|search_and_replace|>\nb\n```", "search text is blank"),
        (SEARCH, "```\n<|search_and_replace|>\nb\n```", "search text is blank"),
    ],
)
def test_what_the_rules_do_not_cover_is_told(form: object, answer: str, reason: str) -> None:
    with pytest.raises(Rejection) as found:
        form.apply(answer, CODE)  # type: ignore[attr-defined]
    assert found.value.reason == reason


def search(old: str, new: str) -> str:
    return f"```python\n{old}\n<|search_and_replace|>\n{new}\n```"


def test_search_text_in_several_places_is_never_guessed() -> None:
    with pytest.raises(Rejection, match="found several times"):
        SEARCH.apply(search("x = 1", "x = 2"), "x = 1\ny = 2\nx = 1")


def test_white_space_at_line_ends_does_not_hide_search_text() -> None:
    assert SEARCH.apply(search("a = 1", "a = 2"), "a = 1  \r\nb") == "a = 2\nb"


def test_exact_lines_win_over_lines_with_other_white_space() -> None:
    assert SEARCH.apply(search("a = 1", "a = 2"), "a = 1 \na = 1") == "a = 1 \na = 2"


def test_search_text_without_the_files_indentation_is_found_and_indented() -> None:
    answer = search("y = x\nreturn y", "if x:\n    return x")
    assert SEARCH.apply(answer, CODE) == "def f(x):\n    if x:\n        return x\n\ndef g(x):\n    return x"


def test_search_text_with_too_much_indentation_is_found_and_dedented() -> None:
    assert SEARCH.apply(search("        y = x", "        y = 2 * x"), CODE) == CODE.replace(
        "y = x", "y = 2 * x"
    )


def test_lines_indented_by_different_amounts_are_not_found() -> None:
    with pytest.raises(Rejection, match="not found"):
        SEARCH.apply(search("y = x\n  return y", "pass"), CODE)


def test_an_end_behind_the_last_line_means_the_last_line() -> None:
    assert LOCATE.apply("5,9\n```\n    return 2\n```", CODE) == CODE[: -len("x")] + "2"


def test_ranges_count_lines_of_the_text_before_any_change() -> None:
    answer = "0,0\n```\n# f\n```\n4,5\n```\ndef h(x):\n```"
    assert LOCATE.apply(answer, CODE) == "# f\n" + CODE.replace("def g", "def h")


def test_a_search_block_quotes_only_what_makes_it_unique() -> None:
    current = "\n".join(["x = 1", "y = 1", "x = 1", "z = 1"])
    answer = SEARCH.render(current, current.replace("x = 1\nz", "x = 3\nz"))
    assert answer == "<|next_start|>```\ny = 1\nx = 1\n<|search_and_replace|>\ny = 1\nx = 3\n```<|next_end|>"


def test_history_shows_steps_back_in_locate_and_change() -> None:
    assert LOCATE.show_step("a\nb", "a\nc", "py") == "1,2\n```py\nb\n```"
    assert SEARCH.show_step("a\nb", "a\nc") == "```\nb\n<|search_and_replace|>\nc\n```"


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="whole-file"):
        edit_format("whole_file")
