"""Graders of whole tasks: right answers score one, wrong ones less, and each number has its denominator."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from codetune.execution.protocol import Execution, Program
from codetune.records import Instruction, Verdict
from codetune.tasks.grading.graders import GRADERS
from codetune.tasks.registry import TASKS, get_task


def row(task: str, output: str, **more) -> Instruction:
    return Instruction(
        task=task, instruction="i", output=output, source="s", programming_language="python", **more
    )


CODE = "def f(a, b):\n    c = a + b\n    return c"
RIGHT = {
    "code_summarization": [row("code_summarization", "Return the sum of both numbers.")],
    "code_generation": [row("code_generation", CODE)],
    "code_search": [row("code_search", str(n + 1), candidates=("a", "b", "c")) for n in range(3)],
    "clone_detection": [row("clone_detection", answer) for answer in ("Yes", "No", "是", "否")],
    "defect_detection": [row("defect_detection", answer) for answer in ("Yes", "No")],
    "code_completion": [row("code_completion", "return c")],
    "code_repair": [row("code_repair", CODE)],
    "code_translation": [row("code_translation", CODE)],
    "edit": [row("edit", CODE)],
    "instruction_following": [row("instruction_following", "All the words.")],
}


@pytest.mark.parametrize("name", TASKS)
def test_metrics_are_those_the_task_promises_and_right_answers_score_one(name):
    rows = RIGHT[name]
    grades = get_task(name).grader().grade(rows, [r.output for r in rows])
    assert tuple(score.metric for score in grades.scores) == get_task(name).metrics
    for score in grades.scores:
        if score.metric == "found_among_ten":
            assert (score.value, score.note) == (None, "needs 10 different pieces of code")
        elif score.metric == "pass@1":
            assert (score.value, score.rows, score.note) == (None, 0, "no row has tests")
        else:
            assert score.value == pytest.approx(1.0), score
            assert score.rows == len(rows)


@pytest.mark.parametrize("name", TASKS)
def test_wrong_answers_score_less(name):
    rows = RIGHT[name]
    wrong = {"code_search": "none of them"}.get(name, "x")
    if name in ("clone_detection", "defect_detection"):
        wrong = "perhaps"
    for score in get_task(name).grader().grade(rows, [wrong] * len(rows)).scores:
        assert score.value is None or score.value < 0.5, score


@pytest.mark.parametrize("name", TASKS)
def test_no_rows_no_number(name):
    for score in GRADERS[name].grade([], []).scores:
        assert (score.value, score.rows) == (None, 0)
    with pytest.raises(ValueError, match="1 answers for 0 rows"):
        GRADERS[name].grade([], ["x"])


def test_code_is_read_out_of_fences():
    grades = GRADERS["code_repair"].grade(RIGHT["code_repair"], [f"Sure:\n```python\n{CODE}\n```\nDone."])
    assert grades["exact_match"].value == 1.0
    fenced = [row("code_generation", f"```python\n{CODE}\n```")]
    assert GRADERS["code_generation"].grade(fenced, [CODE])["codebleu"].value == pytest.approx(1.0)


def test_unreadable_labels_are_wrong_and_counted():
    grades = GRADERS["defect_detection"].grade(RIGHT["defect_detection"], ["Yes", "hm"])
    assert grades["accuracy"].value == 0.5
    assert "1 answers were neither" in grades["accuracy"].note


def test_a_ranking_earns_its_place():
    rows = [row("code_search", "3", candidates=tuple("abcd"))]
    grades = GRADERS["code_search"].grade(rows, ["2, 3, 1"])
    assert (grades["accuracy@1"].value, grades["mrr"].value) == (0.0, 0.5)
    both = [*rows, row("code_search", "Yes")]
    grades = GRADERS["code_search"].grade(both, ["3", "No"])
    assert (grades["mrr"].rows, grades["accuracy"].rows, grades["accuracy"].value) == (1, 1, 0.0)


def test_a_search_that_answers_with_code_is_graded_by_its_candidate():
    rows = [row("code_search", "b = 1", candidates=("a = 1", "b = 1", "c = 1"))] * 3
    grades = GRADERS["code_search"].grade(rows, ["```python\nb  = 1\n```", "2", "c = 1"])
    assert grades["accuracy@1"].value == pytest.approx(2 / 3)


def test_what_codebleu_lacks_is_named():
    rows = [replace(RIGHT["code_generation"][0], programming_language="sql", output="SELECT a FROM b")]
    score = GRADERS["code_generation"].grade(rows, ["SELECT a FROM b"])["codebleu"]
    assert "sql: without dataflow" in score.note


class OnThisMachine:
    """Runs nothing: it knows the verdicts by the code."""

    def __init__(self, verdicts: dict[str, Verdict]) -> None:
        self.verdicts = verdicts

    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        for program in programs:
            stdout = (program.stdin or "") if program.code == "echo" else ""
            verdict = self.verdicts.get(program.code, Verdict.PASS)
            yield Execution(id=program.id, verdict=verdict, cpu_seconds=0, wall_seconds=0, stdout=stdout)

    def close(self) -> None: ...


def test_pass_at_1_needs_every_test_and_names_what_did_not_run():
    cases = json.dumps([{"input": "1 2\n", "output": "1  2"}, {"input": "3", "output": "3"}])
    rows = [
        row("code_generation", "x", tests="assert f()"),
        row("code_generation", "x", tests="assert f()"),
        row("code_generation", "x", tests=cases),
        row(
            "code_generation",
            "x",
            tests=json.dumps([{"input": "1", "output": "1"}, {"input": "2", "output": "9"}]),
        ),
        row("code_generation", "x", tests="t"),
        row("code_generation", "x"),
    ]
    answers = ["good", "bad", "echo", "echo", "absent", "good"]
    executor = OnThisMachine({"bad": Verdict.WRONG, "absent": Verdict.SKIPPED})
    score = GRADERS["code_generation"].grade(rows, answers, executor=executor)["pass@1"]
    assert (score.value, score.rows, score.note) == (0.5, 4, "1 rows could not be run")
    without = GRADERS["code_generation"].grade(rows, answers)["pass@1"]
    assert without.value is None
    assert "no sandbox was given" in without.note


def test_pass_at_1_in_the_real_sandbox():
    from codetune.execution.open import open_executor

    stdin_tests = json.dumps([{"input": "2 3\n", "output": "5\n"}, {"input": "1 1\n", "output": "2\n"}])
    tests = "assert add(2, 3) == 5"
    rows = [row("code_generation", "x", tests=tests)] * 2 + [
        row("code_generation", "x", tests=stdin_tests)
    ] * 2
    answers = [
        "```python\ndef add(a, b):\n    return a + b\n```",
        "def add(a, b):\n    return a - b",
        "a, b = map(int, input().split())\nprint(a + b)",
        "print(5)",
    ]
    executor = open_executor()
    try:
        score = GRADERS["code_generation"].grade(rows, answers, executor=executor)["pass@1"]
    finally:
        executor.close()
    assert (score.value, score.rows) == (0.5, 4)
