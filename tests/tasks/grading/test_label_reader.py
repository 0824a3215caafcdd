"""Yes or no, read out of what people and models write."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from codetune.tasks.grading.label_reader import read_label

WORDINGS = yaml.safe_load(Path(__file__).with_name("answer_wordings.yaml").read_text("utf-8"))["labels"]
LABELS = [(answer, label) for label in ("yes", "no", "unclear") for answer in WORDINGS[label]]


@pytest.mark.parametrize(("answer", "label"), LABELS)
def test_label(answer: str, label: str) -> None:
    assert read_label(answer) is {"yes": True, "no": False, "unclear": None}[label]


def test_the_wordings_are_many_and_in_two_languages() -> None:
    answers = [answer for answer, _ in LABELS]
    assert len(set(answers)) == len(answers) >= 170
    assert sum(any("\u4e00" <= char <= "\u9fff" for char in answer) for answer in answers) >= 70


@pytest.mark.parametrize("answer", ["while " * 50_000, "a" * 300_000, "9" * 5_000, "not " * 50_000, "\ud800"])
def test_long_and_odd_answers_are_read_without_a_fault(answer: str) -> None:
    assert read_label(answer) is None
    assert read_label(f"No. {answer}") is False
