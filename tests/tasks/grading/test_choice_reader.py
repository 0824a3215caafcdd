"""Choices among candidates, read out of what people and models write."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from codetune.tasks.grading.choice_reader import read_choice, read_choices

WORDINGS = yaml.safe_load(Path(__file__).with_name("answer_wordings.yaml").read_text("utf-8"))["choices"]


@pytest.mark.parametrize(("answer", "choices"), WORDINGS)
def test_choices(answer: str, choices: list[int]) -> None:
    assert [choice + 1 for choice in read_choices(answer, candidates=5)] == choices


def test_the_wordings_are_many_and_in_two_languages() -> None:
    answers = [answer for answer, _ in WORDINGS]
    assert len(set(answers)) == len(answers) >= 65
    assert sum(any("\u4e00" <= char <= "\u9fff" for char in answer) for answer in answers) >= 18


def test_code_that_is_repeated_names_its_candidate() -> None:
    candidates = ("def f(a):\n    return a", "def g(b):\n    return b + 1", "1")
    assert read_choice("```python\ndef g(b):\n  return b + 1\n```", candidates) == [1]
    assert read_choice("def f(a):\n    return a\n", candidates) == [0]
    assert read_choice("The answer is 2.", candidates) == [1]
    assert read_choice("def h(): pass", candidates) == []


@pytest.mark.parametrize("answer", ["of " * 50_000, "9" * 5_000, "[" * 50_000, "第" * 50_000])
def test_long_and_odd_answers_are_read_without_a_fault(answer: str) -> None:
    assert read_choices(answer, 5) == []
