"""Reading labels and choices out of what models write."""

from __future__ import annotations

import pytest

from codetune.tasks.grading.answers import read_choices, read_label


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("Yes", True), ("no.", False), ("The answer is: NO, because yes...", False), ("True", True),
        ("是", True), ("否", False), ("不是的", False), ("有漏洞", True), ("没有漏洞", False),
        ("I know nothing", None), ("", None), ("Eyes", None), ("nowhere", None),
    ],
)  # fmt: skip
def test_label(answer, label):
    assert read_label(answer) is label


@pytest.mark.parametrize(
    ("answer", "choices"),
    [("2", [1]), ("[3], then 1 and 3", [2, 0]), ("9", []), ("0", []), ("none", []), ("编号 4", [3])],
)
def test_choices(answer, choices):
    assert read_choices(answer, candidates=5) == choices
