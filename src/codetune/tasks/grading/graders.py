"""The graders of the tasks, each made of the metrics its published evaluator reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from codetune.records import Instruction
from codetune.tasks.grading.answers import read_choices, read_code, read_label
from codetune.tasks.grading.bleu import corpus_bleu, smoothed_bleu4
from codetune.tasks.grading.classification import binary_scores
from codetune.tasks.grading.codebleu.score import codebleu
from codetune.tasks.grading.grader import Grader, Grades, Score, mean_score
from codetune.tasks.grading.passing import pass_at_1
from codetune.tasks.grading.retrieval import reciprocal_rank
from codetune.tasks.grading.text_match import edit_similarity, exact_match, rouge_l, same_tokens

if TYPE_CHECKING:
    from codetune.execution.protocol import Executor

__all__ = ["GRADERS", "grader_for"]

_Grade = Callable[[Sequence[Instruction], Sequence[str], "Executor | None"], tuple[Score, ...]]


class _TaskGrader:
    """A grader made of one function."""

    def __init__(self, task: str, grade: _Grade) -> None:
        self.task = task
        self._grade = grade

    def grade(
        self, rows: Sequence[Instruction], answers: Sequence[str], *, executor: Executor | None = None
    ) -> Grades:
        if len(rows) != len(answers):
            raise ValueError(f"{len(answers)} answers for {len(rows)} rows")
        return Grades(task=self.task, scores=self._grade(rows, answers, executor))


def _summaries(rows: Sequence[Instruction], answers: Sequence[str], _: Executor | None) -> tuple[Score, ...]:
    wanted = [row.output for row in rows]
    return (
        mean_score("smoothed_bleu4", list(map(smoothed_bleu4, wanted, answers))),
        mean_score("rouge_l", list(map(rouge_l, wanted, answers))),
    )


def _words(rows: Sequence[Instruction], answers: Sequence[str], _: Executor | None) -> tuple[Score, ...]:
    wanted = [row.output for row in rows]
    return (
        mean_score("exact_match", [float(same_tokens(a, b)) for a, b in zip(wanted, answers, strict=True)]),
        mean_score("rouge_l", list(map(rouge_l, wanted, answers))),
    )


def _code_scores(
    rows: Sequence[Instruction], answers: Sequence[str], same: Callable[[str, str], bool]
) -> tuple[Score, ...]:
    wanted = [read_code(row.output) for row in rows]
    given = [read_code(answer) for answer in answers]
    return (
        mean_score("exact_match", [float(same(a, b)) for a, b in zip(wanted, given, strict=True)]),
        Score(metric="bleu", value=corpus_bleu(wanted, given) if rows else None, rows=len(rows)),
        _codebleu(rows, wanted, given),
    )


def _codebleu(rows: Sequence[Instruction], wanted: Sequence[str], given: Sequence[str]) -> Score:
    """Over languages, weighted by their rows; parts that a language lacks are named."""
    by_language: defaultdict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_language[row.programming_language or ""].append(number)
    total, notes = 0.0, []
    for language, numbers in sorted(by_language.items()):
        found = codebleu([wanted[n] for n in numbers], [given[n] for n in numbers], language)
        total += found.score * len(numbers)
        notes += [
            f"{language or 'no language'}: without {part} ({why})" for part, why in found.left_out.items()
        ]
    value = total / len(rows) if rows else None
    return Score(metric="codebleu", value=value, rows=len(rows), note="; ".join(notes))


def _generated(
    rows: Sequence[Instruction], answers: Sequence[str], executor: Executor | None
) -> tuple[Score, ...]:
    return (pass_at_1(rows, answers, executor), *_code_scores(rows, answers, same_tokens))


def _changed(rows: Sequence[Instruction], answers: Sequence[str], _: Executor | None) -> tuple[Score, ...]:
    return _code_scores(rows, answers, exact_match)


def _continued(rows: Sequence[Instruction], answers: Sequence[str], _: Executor | None) -> tuple[Score, ...]:
    pairs = [(read_code(row.output), read_code(answer)) for row, answer in zip(rows, answers, strict=True)]
    return (
        mean_score("exact_match", [float(same_tokens(a, b)) for a, b in pairs]),
        mean_score("edit_similarity", [edit_similarity(a, b) for a, b in pairs]),
    )


def _labels(*metrics: str) -> _Grade:
    def grade(rows: Sequence[Instruction], answers: Sequence[str], _: Executor | None) -> tuple[Score, ...]:
        truths = [read_label(row.output) is True for row in rows]
        found = binary_scores(truths, [read_label(answer) for answer in answers])
        note = (
            f"{found.unreadable} answers were neither yes nor no, counted as wrong"
            if found.unreadable
            else ""
        )
        return tuple(
            Score(metric=name, value=getattr(found, name), rows=found.rows, note=note) for name in metrics
        )

    return grade


def _found(rows: Sequence[Instruction], answers: Sequence[str], _: Executor | None) -> tuple[Score, ...]:
    """Choices among candidates; rows of one piece of code are yes/no, and scored as such beside them."""
    choosing = [(row, answer) for row, answer in zip(rows, answers, strict=True) if row.candidates]
    ranks = [
        reciprocal_rank(int(row.output) - 1, read_choices(answer, len(row.candidates)))
        for row, answer in choosing
    ]
    scores: list[Score] = [
        mean_score("accuracy@1", [float(rank == 1) for rank in ranks]),
        mean_score("mrr", ranks, note="candidates that an answer doesn't name rank nowhere"),
    ]
    judging = [(row, answer) for row, answer in zip(rows, answers, strict=True) if not row.candidates]
    if judging:
        scores += _labels("accuracy", "f1")(
            [row for row, _ in judging], [answer for _, answer in judging], None
        )
    return tuple(scores)


GRADERS: dict[str, Grader] = {
    task: _TaskGrader(task, grade)
    for task, grade in {
        "code_summarization": _summaries,
        "code_generation": _generated,
        "code_search": _found,
        "clone_detection": _labels("f1", "precision", "recall", "accuracy"),
        "defect_detection": _labels("accuracy", "f1"),
        "code_completion": _continued,
        "code_repair": _changed,
        "code_translation": _changed,
        "edit": _continued,
        "instruction_following": _words,
    }.items()
}
"""Task -> its grader."""


def grader_for(task: str) -> Grader:
    """The grader of a task."""
    return GRADERS[task]
