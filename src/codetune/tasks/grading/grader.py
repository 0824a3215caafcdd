"""What grading a task gives: named scores, each with its denominator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from codetune.records import Instruction

if TYPE_CHECKING:
    from codetune.execution.protocol import Executor

__all__ = ["Grader", "Grades", "RowStatistics", "TaskScore", "mean_of", "mean_score", "summed_score"]


@dataclass(frozen=True, slots=True)
class RowStatistics:
    """What a score is made of: numbers of each row that add up, and what their sum is worth.

    A bootstrap adds up the numbers of the rows it draws; nothing is graded twice.
    """

    rows: Mapping[int, tuple[float, ...]]
    """Place of a row among those graded -> its numbers, as many for each."""
    value: Callable[[Sequence[float]], float | None]
    """The score of the sums; None where they have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScore:
    """One number about many answers."""

    metric: str
    value: float | None
    """Fraction in [0, 1]; None where it could not be measured, which is not zero."""
    rows: int
    """Denominator: rows the value is about."""
    note: str = ""
    """What is particular: rows left out, parts not measured, answers that could not be read."""
    statistics: RowStatistics | None = field(default=None, compare=False, repr=False)
    """What it is made of; None where there was nothing to measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """All scores of one task over some rows."""

    task: str
    scores: tuple[TaskScore, ...]
    """In the task's order; the first one leads."""

    def __getitem__(self, metric: str) -> TaskScore:
        for score in self.scores:
            if score.metric == metric:
                return score
        raise KeyError(metric)


class Grader(Protocol):
    """Grades answers against the rows they answer."""

    def grade(
        self, rows: Sequence[Instruction], answers: Sequence[str], *, executor: Executor | None = None
    ) -> Grades:
        """Grade one answer for each row.

        Args:
            rows: Rows of one task, with the right `output`.
            answers: What the model wrote, in the rows' order; may hold fences and chatter.
            executor: Runs programs, for rows that have tests; without it those tests are not run,
                and the score says so.

        Raises:
            ValueError: The two differ in length.
        """
        ...


def summed_score(
    metric: str,
    rows: Mapping[int, tuple[float, ...]],
    value: Callable[[Sequence[float]], float | None],
    note: str = "",
) -> TaskScore:
    """The score of what all rows' numbers add up to; None over no rows."""
    sums = [sum(column) for column in zip(*rows.values(), strict=True)]
    return TaskScore(
        metric=metric,
        value=value(sums) if rows else None,
        rows=len(rows),
        note=note,
        statistics=RowStatistics(rows, value) if rows else None,
    )


def mean_score(
    metric: str, values: Sequence[float], note: str = "", places: Sequence[int] | None = None
) -> TaskScore:
    """The mean of a value for each row; None over no rows.

    Args:
        metric: Its name.
        values: One for each row.
        note: As the score's.
        places: Where these rows stand among those graded, if they aren't all of them.
    """
    numbered = zip(range(len(values)) if places is None else places, values, strict=True)
    return summed_score(metric, {place: (value, 1.0) for place, value in numbered}, mean_of, note)


def mean_of(sums: Sequence[float]) -> float | None:
    """The mean of a total and a number of rows; None over no rows."""
    total, rows = sums
    return total / rows if rows else None
