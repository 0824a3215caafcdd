"""The loss curve in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codetune.train.loss_log import StepLine

__all__ = ["summarize"]


def summarize(lines: Sequence[StepLine], rows: int) -> dict[str, Any]:
    """Counts, rates and losses of a run, as its run card tells them.

    `loss_first` and `loss_last` are means over the first and last tenth of the steps, each trained
    token counting once. Rates leave out what happens between steps (checkpoints).

    Args:
        lines: Every step, once, in order.
        rows: Rows learned from.
    """
    seconds = sum(line.seconds for line in lines)
    tokens = sum(line.tokens for line in lines)
    trained = sum(line.trained_tokens for line in lines)
    few = max(1, len(lines) // 10)

    def mean(some: Sequence[StepLine]) -> float:
        return sum(line.loss * line.trained_tokens for line in some) / sum(
            line.trained_tokens for line in some
        )

    return {
        "steps": len(lines),
        "epochs": round(sum(line.rows for line in lines) / rows, 3),
        "tokens": tokens,
        "trained_tokens": trained,
        "seconds": round(lines[-1].elapsed_seconds, 1) if lines else 0.0,
        "tokens_per_second": round(tokens / seconds, 1) if seconds else None,
        "trained_tokens_per_second": round(trained / seconds, 1) if seconds else None,
        "loss_first": mean(lines[:few]) if lines else None,
        "loss_last": mean(lines[-few:]) if lines else None,
    }
