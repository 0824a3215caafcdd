"""Which rows each step learns from: a function of the seed, the epoch and the rows' lengths.

Rows of like length are computed together, so that little is padding: on two cores twice as fast as
rows in the order drawn. A step joins several such groups, so that it never sees one length alone.
As nothing depends on the clock or on what ran before, a resumed run draws the same rows.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

__all__ = ["micro_batches", "plan_epoch"]

_ALIKE_ROWS = 4
"""Rows of like length that stay together."""
_WINDOW_STEPS = 8
"""Steps' worth of rows, drawn at random, among which rows of like length are looked for."""


def plan_epoch(lengths: Sequence[int], global_batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Draw one epoch.

    Args:
        lengths: Tokens of each row.
        global_batch_size: Rows a step.
        seed: The run's.
        epoch: From 0.

    Returns:
        For each step the rows it learns from, `global_batch_size` of them but for the last step of
        the epoch; every row once.
    """
    draw = random.Random(f"{seed}:{epoch}:rows")
    order = list(range(len(lengths)))
    draw.shuffle(order)
    alike = _ALIKE_ROWS if global_batch_size % _ALIKE_ROWS == 0 else global_batch_size
    window = _WINDOW_STEPS * global_batch_size
    rows: list[int] = []
    for begin in range(0, len(order), window):
        sorted_rows = sorted(order[begin : begin + window], key=lambda row: (lengths[row], row))
        groups = [sorted_rows[i : i + alike] for i in range(0, len(sorted_rows), alike)]
        short = groups.pop() if len(groups[-1]) < alike else []  # stays last, so that steps stay whole
        draw.shuffle(groups)
        rows += [row for group in groups for row in group] + short
    return [rows[i : i + global_batch_size] for i in range(0, len(rows), global_batch_size)]


def micro_batches(
    rows: Sequence[int], lengths: Sequence[int], most_rows: int, most_tokens: int
) -> list[list[int]]:
    """Cut a step into pieces that are computed at once; their gradients are summed.

    Args:
        rows: The step's rows.
        lengths: Tokens of each row of the data set.
        most_rows: Most rows a piece.
        most_tokens: Most tokens a piece, padding included; a single longer row is a piece.
    """
    pieces: list[list[int]] = []
    for row in sorted(rows, key=lambda row: (lengths[row], row)):
        # The row in hand is the longest so far, so it sets the width of its piece.
        if pieces and len(pieces[-1]) < most_rows and (len(pieces[-1]) + 1) * lengths[row] <= most_tokens:
            pieces[-1].append(row)
        else:
            pieces.append([row])
    return pieces
