"""Commits and contest submissions in, rows of edits, repairs and solutions out.

A commit's request is its subject; a submission's is the problem's statement. Finer choices among a
file's versions (blocks, target areas, chat) are `synth`'s, from edit histories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from codetune.records import Check, Commit, Instruction, Submission
from codetune.rejection import Rejection
from codetune.store.dataset import RejectedRow
from codetune.tasks.config import TasksConfig
from codetune.tasks.docstring import count_words, is_in_language
from codetune.tasks.rows import RowMaker
from codetune.tasks.task import FieldValue

__all__ = ["COMMIT_TASKS", "SUBMISSION_TASKS", "rows_of_commit", "rows_of_submission"]

COMMIT_TASKS = ("edit", "code_repair")
"""Tasks that rows can be made for, from a commit."""
SUBMISSION_TASKS = ("code_repair", "edit", "code_generation")
"""Tasks that rows can be made for, from a submission."""

Fields = dict[str, FieldValue]

_FIXES = re.compile(
    r"\b(?:fix(?:e[sd]|ing)?|bug(?:fix)?|repair|correct|broken|crash)|修复|修正|改正|错误", re.IGNORECASE
)
_NOT_A_REQUEST = re.compile(
    r"^(?:merge\b|revert\b|v?\d+(?:\.\d+)+\s*$|bump\b|release\b|wip\b|initial commit\b|squash)", re.IGNORECASE
)


def rows_of_commit(
    commit: Commit, tasks: tuple[str, ...], config: TasksConfig, seed: int
) -> Iterator[Instruction | RejectedRow]:
    """One row or one rejection for each task, in the tasks' order.

    Args:
        commit: One file's change.
        tasks: Names in `COMMIT_TASKS`. `code_repair` takes commits whose subject speaks of a fix.
        config: What is rejected, and how rows are asked.
        seed: The run's seed.
    """
    make = RowMaker(
        record=commit,
        programming_language=commit.programming_language,
        language=config.language,
        lineage=replace(commit.lineage, parents=(*commit.lineage.parents, commit.id)),
        seed=seed,
        shown=(commit.before, commit.after),
        prompt_templates=config.prompt_templates,
    )
    for task in tasks:
        try:
            _check_request(commit.subject, config)
            _check_change(commit.before, commit.after, config)
            if task == "code_repair" and not _FIXES.search(commit.subject):
                raise Rejection("no fix", commit.subject)
        except Rejection as rejection:
            yield make.rejected(task, rejection)
            continue
        fields: Fields = {"code": commit.before, "request": commit.subject, "next": commit.after}
        if task == "code_repair":
            fields = {"code": commit.before, "description": commit.subject, "fixed": commit.after}
        yield make.row(task, fields)


def rows_of_submission(
    submission: Submission, tasks: tuple[str, ...], config: TasksConfig, seed: int
) -> Iterator[Instruction | RejectedRow]:
    """One row or one rejection for each task, in the tasks' order.

    Args:
        submission: One person's programs for one problem, the last one accepted.
        tasks: Names in `SUBMISSION_TASKS`. `code_repair` shows the last wrong program, `edit` the
            wrong ones before it too.
        config: What is rejected, and how rows are asked.
        seed: The run's seed.
    """
    programs = submission.programs
    last = programs[-1] if programs else None
    before = programs[-2].code if len(programs) > 1 else None
    make = RowMaker(
        record=submission,
        programming_language=last.programming_language if last else None,
        language=config.language,
        lineage=replace(submission.lineage, parents=(*submission.lineage.parents, submission.id)),
        seed=seed,
        shown=(before, last.code if last else None),
        prompt_templates=config.prompt_templates,
    )
    for task in tasks:
        try:
            row = make.row(task, _submission_fields(submission, task, config))
            lineage = replace(row.lineage, checks=(*row.lineage.checks, *_judged(submission, task)))
            yield replace(row, lineage=lineage)
        except Rejection as rejection:
            yield make.rejected(task, rejection)


def _judged(submission: Submission, task: str) -> tuple[Check, ...]:
    """What the contest's judge said of the programs that a row shows."""
    known = len(submission.statuses) == len(submission.programs)
    shown = (-1,) if task == "code_generation" else (-2, -1)
    checks = []
    for place in shown:
        name = "contest's judge on the answer" if place == -1 else "contest's judge on the given program"
        if not known:
            checks.append(Check(check=name, verdict="not run", detail="no status"))
            continue
        status = submission.statuses[place]
        verdict = "passed" if status.strip().lower() == "accepted" else "failed"
        checks.append(Check(check=name, verdict=verdict, detail=status))
    return tuple(checks)


def _submission_fields(submission: Submission, task: str, config: TasksConfig) -> Fields:
    programs, problem = submission.programs, (submission.problem or "").strip()
    if not programs or (submission.statuses and submission.statuses[-1].lower() != "accepted"):
        raise Rejection("no accepted program")
    if not problem:
        raise Rejection("no problem statement")
    if not config.any_docstring_language and not is_in_language(problem, config.language):
        raise Rejection("problem in another language", f"asked for {config.language}")
    right = programs[-1]
    if task == "code_generation":
        _check_length(right.code, config)
        return {"description": problem, "code": right.code}
    if len(programs) < 2:
        raise Rejection("no wrong program")
    wrong = programs[-2]
    if len(submission.statuses) == len(programs) and submission.statuses[-2].strip().lower() == "accepted":
        raise Rejection("the program before was accepted too")
    if wrong.programming_language != right.programming_language:
        raise Rejection(
            "programming language changed", f"{wrong.programming_language} to {right.programming_language}"
        )
    _check_change(wrong.code, right.code, config)
    if task == "code_repair":
        return {"code": wrong.code, "description": problem, "fixed": right.code}
    history = tuple(program.code for program in programs[:-2])
    return {"code": wrong.code, "request": problem, "next": right.code, "history": history}


def _check_request(subject: str, config: TasksConfig) -> None:
    if _NOT_A_REQUEST.match(subject.strip()):
        raise Rejection("message asks for nothing", subject)
    words = count_words(subject)
    if words < config.min_docstring_words:
        raise Rejection("message too short", f"{words} words")
    if not config.any_docstring_language and not is_in_language(subject, config.language):
        raise Rejection("message in another language", f"asked for {config.language}")


def _check_change(before: str, after: str, config: TasksConfig) -> None:
    if not before.strip():
        raise Rejection("file is new")
    if not after.strip():
        raise Rejection("file is removed")
    if before.split() == after.split():
        raise Rejection("only white space changes")
    _check_length(before, config)
    _check_length(after, config)


def _check_length(code: str, config: TasksConfig) -> None:
    if len(code) > config.max_code_chars:
        raise Rejection("code too long", f"{len(code)} characters")
    lines = sum(bool(line.strip()) for line in code.splitlines())
    if lines < config.min_code_lines:
        raise Rejection("code too short", f"{lines} lines")
