"""The run card of a training, which both loops write: counts, rates, losses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codetune.store.hashing import hash_files
from codetune.store.run_card import RunCard
from codetune.store.stage_output import StageOutput
from codetune.train.config import TrainConfig
from codetune.train.encoding import Encoded
from codetune.train.loss_log import StepLine
from codetune.train.rows import TrainingRows
from codetune.train.weights.base_model import BaseModel

__all__ = ["finish_training", "held_out_results", "summarize"]

_RESAMPLES = 2000


def finish_training(
    stage: StageOutput,
    config: TrainConfig,
    base: BaseModel,
    rows: TrainingRows,
    rejects: dict[str, int],
    lines: Sequence[StepLine],
    files: Sequence[Path],
    **results: Any,
) -> RunCard:
    """Write the run card.

    Args:
        stage: The output folder, complete but for the card.
        config: Settings.
        base: The base model.
        rows: The rows it was tuned on.
        rejects: Reason -> rejected rows.
        lines: Every step, once, in order.
        files: The adapter's or the model's files, for the output's hash.
        results: Further results of this loop.
    """
    return stage.finish(
        output_hash=hash_files(stage.folder, files),
        counts={
            "rows": len(rows.train),
            "held_out": len(rows.held_out),
            "rejected": sum(rejects.values()),
            "steps": len(lines),
        },
        rejects=rejects,
        licenses=rows.licenses,
        results={
            "method": config.method,
            "base": base.identity,
            **summarize(lines, len(rows.train)),
            "held_out_by": rows.held_out_by if rows.held_out else None,
            **results,
        },
    )


def held_out_results(
    rows: Sequence[Encoded], before: Sequence[float], after: Sequence[float], seed: int
) -> dict[str, Any]:
    """Loss on the held-out rows before and after, and an interval of the difference.

    The interval is a percentile bootstrap over rows, paired: the same rows are drawn for both.

    Args:
        rows: The held-out rows.
        before: Summed loss of each row's trained tokens, in nats, before training.
        after: The same, after.
        seed: Of the bootstrap.

    Returns:
        `held_out_loss_before`, `held_out_loss_after` (means per trained token), `held_out_loss_change`
        with `value`, `low`, `high` (95 %) and `rows`; all None where nothing was held out.
    """
    if not rows:
        return dict.fromkeys(("held_out_loss_before", "held_out_loss_after", "held_out_loss_change"))
    import numpy as np

    tokens = np.array([row.trained_tokens for row in rows], dtype=np.float64)
    change = np.array(after) - np.array(before)
    drawn = np.random.default_rng(seed).integers(0, len(rows), (_RESAMPLES, len(rows)))
    means = change[drawn].sum(axis=1) / tokens[drawn].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {
        "held_out_loss_before": float(sum(before) / tokens.sum()),
        "held_out_loss_after": float(sum(after) / tokens.sum()),
        "held_out_loss_change": {
            "value": float(change.sum() / tokens.sum()),
            "low": float(low),
            "high": float(high),
            "rows": len(rows),
        },
    }


def summarize(lines: Sequence[StepLine], rows: int) -> dict[str, Any]:
    """Counts, rates and losses of a run, for its run card.

    `loss_first` and `loss_last` are means over the first and last tenth of the steps, per trained
    token. Rates do not count the time between steps (checkpoints).

    Args:
        lines: Every step, once, in order.
        rows: Rows trained on.
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
