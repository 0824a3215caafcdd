"""What is drawn for a row: how it is asked, how long, in which form; from the row's id, never its place."""

from __future__ import annotations

import random

__all__ = ["draw"]


def draw(seed: int, row: str, what: str) -> random.Random:
    """A generator of random numbers for one row and one purpose.

    Equal arguments give equal numbers on every machine, whatever the order or the batch.
    """
    return random.Random(f"{seed}:{row}:{what}")
