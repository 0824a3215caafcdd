"""Accuracy, precision, recall and F1 of yes/no answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BinaryScores", "binary_scores"]


@dataclass(frozen=True, slots=True)
class BinaryScores:
    """Scores over rows; each is a fraction in [0, 1], or None where it is not defined."""

    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    rows: int
    unreadable: int
    """Answers that were neither yes nor no; each counts as wrong."""


def binary_scores(truths: Sequence[bool], answers: Sequence[bool | None]) -> BinaryScores:
    """Score yes/no answers; `yes` is the positive class.

    An answer that says neither counts as the opposite of the truth: a model can't gain by it.
    Where nothing is positive, neither in truth nor in answers, F1 has no meaning and is None
    (scikit-learn, and with it the published evaluator, would print 0 and a warning).

    Args:
        truths: The right labels.
        answers: The labels read from the answers; None where there was none to read.

    Raises:
        ValueError: The two differ in length.

    Source: CodeXGLUE evaluators of BigCloneBench, Devign and CoSQA.
    """
    read = [not truth if answer is None else answer for truth, answer in zip(truths, answers, strict=True)]
    pairs = list(zip(truths, read, strict=True))
    hits = sum(truth and answer for truth, answer in pairs)
    said, true = sum(read), sum(truths)
    return BinaryScores(
        accuracy=sum(truth == answer for truth, answer in pairs) / len(pairs) if pairs else None,
        precision=hits / said if said else None,
        recall=hits / true if true else None,
        f1=2 * hits / (said + true) if said + true else None,
        rows=len(pairs),
        unreadable=sum(answer is None for answer in answers),
    )
