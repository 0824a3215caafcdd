"""The progress of a run and the learning rate at that point.

A run ends at a step or at a second, whichever comes first, so its progress is the larger of the two
fractions. Without a time budget the rate depends on the step alone, and a run repeats exactly. With
one, the rate falls to its end on fast and slow machines alike.
"""

from __future__ import annotations

import math

from codetune.train.config import TrainConfig

__all__ = ["learning_rate", "progress_of"]


def progress_of(step: int, total_steps: int, seconds: float, budget_seconds: float | None) -> float:
    """Fraction of the run that is done, in [0, 1].

    Args:
        step: Steps taken.
        total_steps: The most steps of the run.
        seconds: Seconds of training spent.
        budget_seconds: The most seconds of the run, or None.
    """
    by_time = seconds / budget_seconds if budget_seconds else 0.0
    return min(1.0, max(step / total_steps, by_time))


def learning_rate(config: TrainConfig, step: int, progress: float) -> float:
    """The rate of the next step.

    Args:
        config: Peak, warm-up and shape.
        step: Steps already taken; the first one has 0.
        progress: As `progress_of` gives it.
    """
    warm = min(1.0, (step + 1) / (config.lr_warmup_steps + 1))
    if config.lr_schedule == "constant":
        return config.learning_rate * warm
    left = 1 - progress if config.lr_schedule == "linear" else (1 + math.cos(math.pi * progress)) / 2
    floor = config.lr_final_fraction
    return config.learning_rate * warm * (floor + (1 - floor) * left)
