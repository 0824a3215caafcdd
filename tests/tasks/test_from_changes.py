"""Commits and submissions as rows of edits, repairs and solutions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from codetune.errors import DataError
from codetune.records import Commit, Instruction, Lineage, Record, Revision, Submission
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, RejectedRow, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput
from codetune.tasks.config import TasksConfig
from codetune.tasks.from_changes import COMMIT_TASKS, SUBMISSION_TASKS, rows_of_commit, rows_of_submission
from codetune.tasks.stage import run

BEFORE = "def area(a, b):\n    size = a + b\n    return size\n"
AFTER = BEFORE.replace("+", "*")


def commit(subject: str = "Fix the area of a rectangle", before: str = BEFORE, after: str = AFTER) -> Commit:
    return Commit(
        before=before, after=after, subject=subject, message=subject, path="m.py", programming_language="python",
        repo="o/r", commit="c1", license="MIT", source="git", lineage=Lineage(group="o/r", repo="o/r"),
    )  # fmt: skip


def submission(
    *programs: str, problem: str | None = "Print the area of a rectangle.", last: str = "Accepted"
) -> Submission:
    return Submission(
        problem_id="p1", user_id="u1", problem=problem, source="codenet",
        programs=tuple(Revision(code=code, programming_language="python") for code in programs),
        statuses=(*("Wrong Answer" for _ in programs[1:]), last), lineage=Lineage(group="p1"),
    )  # fmt: skip


def dataset(folder: Path, rows: list[Record]) -> Path:
    with StageOutput(folder, Plan(stage="collect", config={}, inputs={}, code="")) as output:
        writer = DatasetWriter(output, type(rows[0]))
        writer.write(0, Shard(rows))
        writer.finish(title="t", description="d")
    return folder


def reasons(rows: object) -> list[str | None]:
    return [row.reason if isinstance(row, RejectedRow) else None for row in rows]  # type: ignore[attr-defined]


def test_a_commit_is_an_edit_and_a_repair() -> None:
    given = commit()
    edit, repair = rows_of_commit(given, COMMIT_TASKS, TasksConfig(), 0)
    assert isinstance(edit, Instruction) and isinstance(repair, Instruction)
    assert (edit.task, edit.output, repair.task, repair.output) == ("edit", AFTER, "code_repair", AFTER)
    assert BEFORE in edit.input and "Fix the area of a rectangle" in edit.input
    assert repair.input == f"Fix the area of a rectangle\n\n{BEFORE}"
    for row in (edit, repair):
        assert (row.license, row.source, row.lineage.group) == ("MIT", "git", "o/r")
        assert row.lineage.parents == (given.id,)
        assert row.lineage.prompt_template.startswith(f"{row.task}.en.")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (commit("Add a docstring to area"), [None, "no fix"]),
        (commit("Merge branch 'main'"), ["message asks for nothing"] * 2),
        (commit("v1.2.3"), ["message asks for nothing"] * 2),
        (commit("Fix"), ["message too short"] * 2),
        (commit("修复矩形面积的错误"), ["message in another language"] * 2),
        (commit(before=""), ["file is new"] * 2),
        (commit(after="\n"), ["file is removed"] * 2),
        (commit(after=BEFORE.replace("    ", "\t")), ["only white space changes"] * 2),
        (commit(after=AFTER * 200), ["code too long"] * 2),
        (commit(before="a\n", after="b\n"), ["code too short"] * 2),
    ],
)
def test_commits_that_ask_for_nothing(given: Commit, found: list[str | None]) -> None:
    assert reasons(rows_of_commit(given, COMMIT_TASKS, TasksConfig(), 0)) == found


def test_a_submission_is_a_repair_an_edit_and_a_solution() -> None:
    first = BEFORE.replace("+", "-")
    repair, edit, solution = rows_of_submission(
        submission(first, BEFORE, AFTER), SUBMISSION_TASKS, TasksConfig(), 0
    )
    assert repair.input == f"Print the area of a rectangle.\n\n{BEFORE}"
    assert repair.output == edit.output == solution.output == AFTER
    assert first in edit.input and BEFORE in edit.input
    assert solution.input == "Print the area of a rectangle."


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (submission(AFTER), ["no wrong program", "no wrong program", None]),
        (submission(BEFORE, AFTER, last="Wrong Answer"), ["no accepted program"] * 3),
        (submission(), ["no accepted program"] * 3),
        (submission(BEFORE, AFTER, problem=None), ["no problem statement"] * 3),
        (submission(BEFORE, AFTER, problem="求矩形的面积并输出结果"), ["problem in another language"] * 3),
        (submission("", AFTER), ["file is new", "file is new", None]),
    ],
)
def test_submissions_without_a_step(given: Submission, found: list[str | None]) -> None:
    assert reasons(rows_of_submission(given, SUBMISSION_TASKS, TasksConfig(), 0)) == found


def test_rows_of_submissions_say_what_the_judge_said() -> None:
    repair, _, solution = rows_of_submission(submission(BEFORE, AFTER), SUBMISSION_TASKS, TasksConfig(), 0)
    assert isinstance(repair, Instruction) and isinstance(solution, Instruction)
    assert [(check.verdict, check.detail) for check in repair.lineage.checks] == [
        ("failed", "Wrong Answer"), ("passed", "Accepted"),
    ]  # fmt: skip
    assert [check.verdict for check in solution.lineage.checks] == ["passed"]
    unknown = replace(submission(BEFORE, AFTER), id="", statuses=())
    (repair,) = rows_of_submission(unknown, ("code_repair",), TasksConfig(), 0)
    assert isinstance(repair, Instruction)
    assert [check.verdict for check in repair.lineage.checks] == ["not run", "not run"]
    twice = replace(submission(BEFORE, AFTER), id="", statuses=("Accepted", "Accepted"))
    (left,) = rows_of_submission(twice, ("code_repair",), TasksConfig(), 0)
    assert isinstance(left, RejectedRow) and left.reason == "the program before was accepted too"


def test_the_stage_takes_both_at_once(tmp_path: Path) -> None:
    context = StageContext(seed=0, cache=tmp_path / "cache")
    folders = [
        dataset(tmp_path / "commits", [commit(), commit("Merge it")]),
        dataset(tmp_path / "tries", [submission(BEFORE, AFTER)]),
    ]
    card = run(TasksConfig(), folders, tmp_path / "out", context)
    assert card.counts == {"kept": 2, "rejected": 1, "read": 3}
    assert [row.task for row in Dataset(tmp_path / "out", Instruction)] == ["edit", "code_repair"]
    with pytest.raises(DataError, match=r"code_search can't be made of Commit rows.*edit, code_repair"):
        run(TasksConfig(tasks=("code_search",)), folders[:1], tmp_path / "other", context)
