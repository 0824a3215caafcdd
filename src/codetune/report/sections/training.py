"""Reads a training for the page: the loss curve and the run card."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from codetune.errors import DataError
from codetune.report.numbers import number
from codetune.report.sections.stages import StageFolder

__all__ = ["Training", "read_training"]

_MAX_POINTS = 600
"""More points are not visible on a screen, and make the page large."""

_COLUMNS = {"step": "step", "loss": "loss", "lr": "learning_rate", "seconds": "elapsed_seconds"}
"""Name in the page -> name in `loss.jsonl`."""


@dataclass(frozen=True, slots=True)
class Training:
    """One training."""

    points: list[dict[str, float]]
    """Measurements by step, averaged down to a visible number: "step", "loss", perhaps "lr", "seconds"."""
    measured: int
    """Measurements before thinning."""
    steps: int | None
    results: dict[str, Any]
    config: dict[str, Any]
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)
    """Rows trained on (`rows`), held out and rejected."""

    @property
    def averaged_over(self) -> int:
        """Measurements in one point of the curve."""
        return -(-self.measured // _MAX_POINTS) if self.measured else 1


def _read_points(path: Path) -> list[dict[str, float]]:
    """Measurements by step; a step logged twice (by a resumed run) counts once, as logged last."""
    points: dict[float, dict[str, float]] = {}
    for row, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            plain = json.loads(line)
        except ValueError as error:
            raise DataError("a line of the loss curve is not JSON", where=f"{path}, row {row}") from error
        kept = {name: number(plain, key) for name, key in _COLUMNS.items()}
        if kept["step"] is not None and kept["loss"] is not None:
            points[kept["step"]] = {key: value for key, value in kept.items() if value is not None}
    return [points[step] for step in sorted(points)]


def _thinned(points: list[dict[str, float]]) -> list[dict[str, float]]:
    """Averages of equal groups of measurements, so that no spike is picked or dropped."""
    size = -(-len(points) // _MAX_POINTS)
    if size <= 1:
        return points
    groups = [points[i : i + size] for i in range(0, len(points), size)]
    return [{**group[-1], "loss": fmean(point["loss"] for point in group)} for group in groups]


def read_training(stage: StageFolder | None) -> Training | None:
    """Read a train stage's folder.

    Returns:
        None where there was no training.

    Raises:
        DataError: `loss.jsonl` has a line that is not JSON.
    """
    if stage is None:
        return None
    path = stage.folder / "loss.jsonl"
    points = _read_points(path) if path.is_file() else []
    known = (number(stage.card.results, "steps"), number(stage.card.counts, "steps"))
    steps = next((value for value in known if value is not None), None)
    if steps is None and points:
        steps = points[-1]["step"]
    return Training(
        points=_thinned(points),
        measured=len(points),
        steps=None if steps is None else int(steps),
        results=stage.card.results,
        config=stage.card.plan.config,
        seconds=stage.card.seconds,
        counts=dict(stage.card.counts),
    )
