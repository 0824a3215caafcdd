"""The language of code without a file name, held against 100 rows read by hand; abstains where it can't tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codetune.code.language_of_text import language_of_text, sentences

ROWS = Path(__file__).parents[1] / "data" / "told_languages" / "rows.jsonl"


def read(row: dict[str, str]) -> str | None:
    given = row["input"]
    asked = f"{row['instruction']} {given}" if len(given) < 80 else row["instruction"]
    return language_of_text(row["output"], asked)


def test_rows_read_by_hand(shared_data: Path) -> None:
    alpaca = json.loads((shared_data / "codealpaca" / "code_alpaca_2k.json").read_text("utf-8"))
    rows = [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()]
    rows = [{**alpaca[row["row"]], **row} if row["source"] == "codealpaca" else row for row in rows]
    assert len(rows) == 100
    assert all(read(row) == row["programming_language"] for row in rows)


def test_rows_of_gpteacher_read_by_hand() -> None:
    rows = [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["source"] == "gpteacher"]
    assert len(rows) > 70
    assert all(read(row) == row["programming_language"] for row in rows)


@pytest.mark.parametrize(
    ("code", "asked", "language"),
    [
        ("SELECT name FROM users WHERE id = 1;", "", "sql"),
        ("def f(x):\n    return x\n", "", "python"),
        (
            "def f(x):\nreturn x + 1\n",
            "Write a function in Python",
            "python",
        ),  # broken, and Python all the same
        ("x = 5", "Set x in Python", "python"),
        ("x = 5", "Set x", None),
        (
            "The answer is 42 since that is what the function returns here.",
            "What does this Python code do?",
            None,
        ),
        ("You can use the built-in function max for this task.\n\nprint(max([1]))", "How, in Python?", None),
        ("Reason: a missing bracket.\nconsole.log(1);", "What is wrong with this JavaScript code?", None),
        ("5, 7, 9", "Which numbers does this Java program print?", None),
        ("int main() { return 0; }", "", None),  # C or C++
        ('<?php echo "a"; ?>', "", "php"),
        ("", "Write a Python function", None),
        ("let x = 1", "Let us go to the C section of the shell", "javascript"),  # words, not languages
    ],
)
def test_small_ones(code: str, asked: str, language: str | None) -> None:
    assert language_of_text(code, asked) == language


def test_sentences_are_told_from_code() -> None:
    assert sentences("This function returns the largest of all numbers.") == 1
    assert sentences("for number in numbers:\n    print(number)\n# This comment says what it does here") == 0
