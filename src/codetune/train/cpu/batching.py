"""Chooses the rows of each step from the seed, the epoch and the rows' lengths alone.

Rows of similar length are computed together, which halves the time on two cores because there is
little padding. A step joins several such groups, so it never sees a single length. A resumed run
draws the same rows, because nothing depends on the clock or on earlier runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from codetune.seeding import draw

__all__ = ["micro_batches", "plan_epoch"]

_ALIKE_ROWS = 4
"""Rows of similar length that stay together."""
_WINDOW_STEPS = 8
"""Rows are sorted by length within windows of this many steps, after they were shuffled."""


def plan_epoch(lengths: Sequence[int], global_batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Draw one epoch.

    Args:
        lengths: Tokens of each row.
        global_batch_size: Rows a step.
        seed: The run's.
        epoch: From 0.

    Returns:
        The rows of each step: `global_batch_size`, fewer in the epoch's last step; every row once.
    """
    drawn = draw(seed, epoch, "rows")
    order = list(range(len(lengths)))
    drawn.shuffle(order)
    alike = _ALIKE_ROWS if global_batch_size % _ALIKE_ROWS == 0 else global_batch_size
    window = _WINDOW_STEPS * global_batch_size
    rows: list[int] = []
    for begin in range(0, len(order), window):
        sorted_rows = sorted(order[begin : begin + window], key=lambda row: (lengths[row], row))
        groups = [sorted_rows[i : i + alike] for i in range(0, len(sorted_rows), alike)]
        short = groups.pop() if len(groups[-1]) < alike else []  # stays last, so that other steps are full
        drawn.shuffle(groups)
        rows += [row for group in groups for row in group] + short
    return [rows[i : i + global_batch_size] for i in range(0, len(rows), global_batch_size)]


def micro_batches(
    rows: Sequence[int], lengths: Sequence[int], most_rows: int, most_tokens: int
) -> list[list[int]]:
    """Split a step into micro-batches, whose gradients are summed.

    Args:
        rows: The step's rows.
        lengths: Tokens of each row of the data set.
        most_rows: Most rows of a micro-batch.
        most_tokens: Most tokens of a micro-batch, padding included; a longer row stands alone.
    """
    pieces: list[list[int]] = []
    for row in sorted(rows, key=lambda row: (lengths[row], row)):
        # Rows come in ascending length, so this row sets the width of its micro-batch.
        if pieces and len(pieces[-1]) < most_rows and (len(pieces[-1]) + 1) * lengths[row] <= most_tokens:
            pieces[-1].append(row)
        else:
            pieces.append([row])
    return pieces
