"""Answers that are code have to parse in their language; anything else is not looked at."""

from __future__ import annotations

import pytest

from codetune.curate.syntax import answer_code, check_syntax
from codetune.records import Instruction


def row(output: str, task: str = "code_generation", language: str | None = "python") -> Instruction:
    return Instruction(task=task, instruction="i", output=output, programming_language=language, source="s")


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("python", "def f():\n    return 1\n", "def f(:\n    return 1\n"),
        ("java", "int f() { return 1; }", "int f( { return 1; }"),
        ("go", "func f() int { return 1 }", "func f( int { return 1 }"),
        ("rust", "fn f() -> i32 { 1 }", "fn f( -> i32 { 1 }"),
        ("javascript", "function f() { return 1 }", "function f( { return 1 }"),
    ],
)
def test_code_that_does_not_parse_is_rejected(language, right, wrong):
    assert check_syntax(row(right, language=language)) is None
    rejection = check_syntax(row(wrong, language=language))
    assert rejection is not None
    assert (rejection.reason, rejection.detail) == ("does not parse", f"as {language}")


def test_of_an_answer_with_fences_only_the_code_is_checked():
    text = "Here you are:\n```python\nx = 1\n```\nand then\n```python\ny = 2\n```\n"
    assert answer_code(row(text)) == "x = 1\n\ny = 2\n"
    assert check_syntax(row(text)) is None
    assert check_syntax(row(text.replace("y = 2", "y = = 2"))) is not None


def test_a_blank_program_is_an_empty_answer():
    rejection = check_syntax(row("```python\n\n```"))
    assert rejection is not None
    assert rejection.reason == "empty answer"


@pytest.mark.parametrize(
    ("task", "language"),
    [
        ("code_summarization", "python"),  # prose
        ("code_completion", "python"),  # a fragment
        ("edit", "python"),
        ("code_generation", None),  # an unknown language
        ("code_generation", "cobol"),  # one without a grammar
        ("no_such_task", "python"),
    ],
)
def test_what_need_not_parse_is_not_checked(task, language):
    assert check_syntax(row("def f(:", task, language)) is None
