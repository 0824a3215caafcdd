"""Seeded choices that depend on what is chosen, never on its place.

Each function takes the run's seed and keys that name the row and the purpose. Equal arguments give
equal results on every machine, in any order of rows, in any batch, on any number of workers.
"""

from __future__ import annotations

import random
from hashlib import blake2b

from codetune.errors import UsageError

__all__ = ["LARGEST_SEED", "check_seed", "draw", "fraction", "model_seed", "rank"]

LARGEST_SEED = 2**32 - 1
"""The largest that every library takes which is given the seed itself (numpy's global generator)."""


def check_seed(seed: int, where: str | None = None) -> int:
    """The seed, if every stage can work with it.

    Raises:
        UsageError: It is negative or too large.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(
            f"a seed has to be a whole number from 0 to {LARGEST_SEED:,}, not {seed}",
            where=where,
            next_step="write 0",
        )
    return seed


def draw(seed: int, *keys: object) -> random.Random:
    """A random number generator for one row and one purpose.

    Args:
        seed: The run's seed.
        keys: What is drawn for, e.g. a record's id and `"completion"`.
    """
    return random.Random(_text(seed, keys))


def rank(seed: int, *keys: object) -> bytes:
    """A place in a seeded order, 16 bytes that sort; the first k ranks are a fair sample of size k."""
    return blake2b(_text(seed, keys).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def fraction(seed: int, *keys: object) -> float:
    """A number in [0, 1), uniform over the keys."""
    return int.from_bytes(rank(seed, *keys)[:8], "big") / 2**64


def model_seed(seed: int, *keys: object) -> int:
    """A seed for a model's sampling, 0 to 2**31 - 1, as every server takes it."""
    return int.from_bytes(rank(seed, *keys)[:4], "big") >> 1


def _text(seed: int, keys: tuple[object, ...]) -> str:
    return ":".join([str(seed), *map(str, keys)])
