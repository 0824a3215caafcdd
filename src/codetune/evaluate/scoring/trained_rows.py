"""Refuses to grade a model on rows that its training learned; rows of a benchmark's own are not looked at here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codetune.errors import DataError
from codetune.evaluate.benchmarks.tasks import GradedProblem
from codetune.records import Problem

__all__ = ["refuse_trained_rows"]

_TRAINED_IDS = "trained_ids.txt"
"""What the train stage writes into its folder."""
_SHOWN = 3


def refuse_trained_rows(items: Sequence[Problem], training: Path, *, where: str) -> None:
    """See that no row of `task:NAME` was trained on.

    Args:
        items: What the model is to be asked.
        training: Folder of the finished training.
        where: The items' data, for the message.

    Raises:
        DataError: Some were; the first three are named by their ids.
    """
    rows = [item.row.id for item in items if isinstance(item, GradedProblem)]
    path = training / _TRAINED_IDS
    if not rows or not path.is_file():
        return
    learned = set(path.read_text("utf-8").split())
    seen = [row for row in rows if row in learned]
    if seen:
        more = f" and {len(seen) - _SHOWN:,} more" if len(seen) > _SHOWN else ""
        raise DataError(
            f"the model was trained on {len(seen):,} of the {len(rows):,} rows it would be asked: "
            f"{', '.join(seen[:_SHOWN])}{more}",
            where=where,
            next_step="keep rows apart first: set valid and test fractions in the mix step",
        )
