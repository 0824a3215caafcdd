"""What grading a task gives: named scores, each with its denominator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from codetune.records import Instruction

if TYPE_CHECKING:
    from codetune.execution.protocol import Executor

__all__ = ["Grader", "Grades", "Score", "mean_score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One number about many answers."""

    metric: str
    value: float | None
    """Fraction in [0, 1]; None where it could not be measured, which is not zero."""
    rows: int
    """Denominator: rows the value is about."""
    note: str = ""
    """What is particular: rows left out, parts not measured, answers that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """All scores of one task over some rows."""

    task: str
    scores: tuple[Score, ...]
    """In the task's order; the first one leads."""

    def __getitem__(self, metric: str) -> Score:
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


def mean_score(metric: str, values: Sequence[float], note: str = "") -> Score:
    """The mean of a value for each row; None over no rows."""
    return Score(
        metric=metric, value=sum(values) / len(values) if values else None, rows=len(values), note=note
    )
