"""What a score is made of adds up to the score of any rows drawn from it, with nothing graded again."""

from __future__ import annotations

import random

import pytest

from codetune.records import Instruction
from codetune.tasks.grading.graders import grader_for

CODE = [
    ("int f(int a) { int b = a; return b; }", "int f(int a) { return a; }", "java"),
    ("public void g() { run(); }", "public void g() { run(); }", "java"),
    ("string H(int n) { return n.ToString(); }", "string H() { return n; }", "csharp"),
    ("SELECT a FROM b", "SELECT a", "sql"),
    ("def f(a):\n    return a", "", "python"),
]
WORDS = [("Add two numbers.", "Adds two numbers"), ("Open a file.", "Close it."), ("Say so.", "")]
LABELS = [("yes", "yes"), ("no", "yes"), ("yes", "no"), ("no", "no"), ("yes", "perhaps")]


def row(task: str, output: str, language: str | None = None, number: int = 0) -> Instruction:
    return Instruction(
        task=task,
        instruction="Do it.",
        input=f"{number}",
        output=output,
        source="s",
        programming_language=language,
    )


def given(task: str) -> tuple[list[Instruction], list[str]]:
    if task in ("clone_detection", "defect_detection"):
        return [row(task, truth, number=n) for n, (truth, _) in enumerate(LABELS)], [a for _, a in LABELS]
    if task in ("code_summarization", "instruction_following"):
        return [row(task, right, number=n) for n, (right, _) in enumerate(WORDS)], [a for _, a in WORDS]
    rows = [row(task, right, language, n) for n, (right, _, language) in enumerate(CODE)]
    return rows, [answer for _, answer, _ in CODE]


@pytest.mark.parametrize(
    "task",
    ["code_summarization", "instruction_following", "code_translation", "code_repair", "code_completion",
     "edit", "code_generation", "clone_detection", "defect_detection"],
)  # fmt: skip
def test_sums_of_drawn_rows_are_their_score(task: str) -> None:
    rows, answers = given(task)
    grader, draw = grader_for(task), random.Random(task)
    found = {
        score.metric: score.statistics for score in grader.grade(rows, answers).scores if score.statistics
    }
    assert found
    for _ in range(20):
        places = draw.choices(range(len(rows)), k=len(rows))
        again = grader.grade([rows[n] for n in places], [answers[n] for n in places])
        for metric, statistics in found.items():
            sums = [sum(column) for column in zip(*(statistics.rows[n] for n in places), strict=True)]
            assert statistics.value(sums) == (
                None if again[metric].value is None else pytest.approx(again[metric].value)
            ), metric
