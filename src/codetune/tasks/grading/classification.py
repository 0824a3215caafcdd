"""Accuracy, precision, recall and F1 of yes/no answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BINARY_METRICS", "BinaryScores", "binary_counts", "binary_of", "binary_scores"]


BINARY_METRICS = ("accuracy", "precision", "recall", "f1")


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
    counted = [binary_counts(*pair) for pair in zip(truths, answers, strict=True)]
    sums = [sum(column) for column in zip(*counted, strict=True)] or [0.0] * 5
    values = {metric: binary_of(metric, sums) for metric in BINARY_METRICS}
    return BinaryScores(**values, rows=len(counted), unreadable=sum(answer is None for answer in answers))


def binary_counts(truth: bool, answer: bool | None) -> tuple[float, ...]:
    """Hits, answers of yes, truths of yes, right answers, rows: five numbers that add up."""
    read = not truth if answer is None else answer
    return truth and read, read, truth, truth == read, 1


def binary_of(metric: str, sums: Sequence[float]) -> float | None:
    """Accuracy, precision, recall or f1 of what `binary_counts` adds up to."""
    hits, said, true, right, rows = sums
    part, whole = {
        "accuracy": (right, rows),
        "precision": (hits, said),
        "recall": (hits, true),
        "f1": (2 * hits, said + true),
    }[metric]
    return part / whole if whole else None
