"""MinHash and banding: which texts may be near duplicates, without comparing all pairs.

Tokens of texts go in, candidates come out; the caller measures the true similarity of each candidate.

Source: Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", ch. 3. Permutations are
multiply-shift hashes (Dietzfelbinger et al. 1997) of 64-bit n-gram hashes, in NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

__all__ = ["BandIndex", "bands_for", "jaccard", "minhash", "ngrams"]

_BATCH = 256
_AT_ONCE = 1 << 15  # values that stay in a core's cache
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio
_SEED = 1  # fixed: signatures are the same in every run


def ngrams(tokens: Sequence[str], size: int) -> set[str]:
    """The n-grams of a text, joined by spaces; a shorter text is one n-gram."""
    last = max(len(tokens) - size, 0)
    return {" ".join(tokens[i : i + size]) for i in range(last + 1)}


def jaccard(left: set[str], right: set[str]) -> float:
    """Size of the intersection over size of the union, 0 to 1."""
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)


def minhash(texts: Iterable[Sequence[str]], *, permutations: int, ngram: int) -> npt.NDArray[np.uint32]:
    """Signatures: two texts agree in a fraction of places that estimates the Jaccard of their n-grams.

    Args:
        texts: Tokens of each text; may be a generator, so that all tokens are never in memory at once.
        permutations: Length of a signature.
        ngram: Tokens of an n-gram; a text with fewer is one n-gram.

    Returns:
        Array of shape (texts, permutations).
    """
    done: list[npt.NDArray[np.uint32]] = [np.empty((0, permutations), dtype=np.uint32)]
    batch: list[Sequence[str]] = []
    for tokens in texts:
        batch.append(tokens)
        if len(batch) == _BATCH:
            done.append(_signatures(batch, permutations, ngram))
            batch = []
    if batch:
        done.append(_signatures(batch, permutations, ngram))
    return np.concatenate(done)


@cache
def _hash_functions(count: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    draw = np.random.default_rng(_SEED)
    factors = draw.integers(0, 1 << 63, size=(count, 1), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    return factors, draw.integers(0, 1 << 63, size=(count, 1), dtype=np.uint64)


def _signatures(texts: Sequence[Sequence[str]], permutations: int, size: int) -> npt.NDArray[np.uint32]:
    grams, starts = _hashed_ngrams(texts, size)
    factors, shifts = _hash_functions(permutations)
    found = np.empty((permutations, len(texts)), dtype=np.uint32)
    at_once = max(1, _AT_ONCE // len(grams))
    for first in range(0, permutations, at_once):
        some = slice(first, first + at_once)
        permuted = ((grams * factors[some] + shifts[some]) >> np.uint64(32)).astype(np.uint32)
        found[some] = np.minimum.reduceat(permuted, starts, axis=1)
    return found.T


def _hashed_ngrams(
    texts: Sequence[Sequence[str]], size: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """64-bit hashes of the n-grams of all texts one after another, and where each text's begin."""
    known: dict[str, int] = {}
    flat: list[int] = []
    lengths: list[int] = []
    for tokens in texts:
        for token in tokens:
            value = known.get(token)
            if value is None:
                value = known[token] = _hash(token)
            flat.append(value)
        padding = max(size - len(tokens), 0)  # a short text, an empty one too, has one n-gram
        flat.extend([0] * padding)
        lengths.append(len(tokens) + padding)
    hashes = np.array(flat, dtype=np.uint64)
    rolled = np.zeros_like(hashes)
    for step in range(size):
        rolled *= _MIX
        rolled[: len(hashes) - step] += hashes[step:]
    rolled ^= rolled >> np.uint64(29)
    ends = np.cumsum(lengths)
    within = np.ones(len(hashes), dtype=bool)  # n-grams that do not run into the next text
    for step in range(1, size):
        within[ends - step] = False
    counts = np.array(lengths) - size + 1
    return rolled[within], np.cumsum(counts) - counts


def _hash(token: str) -> int:
    return int.from_bytes(blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def bands_for(threshold: float, permutations: int) -> tuple[int, int]:
    """Bands and rows a band: the coarsest that still propose 99 of 100 pairs at a Jaccard similarity."""
    for rows in range(permutations, 0, -1):
        bands = permutations // rows
        if 1 - (1 - threshold**rows) ** bands >= 0.99:
            return bands, rows
    return permutations, 1


class BandIndex:
    """Items that can be asked for by their signature.

    Two signatures are candidates when all values of one band agree.

    Args:
        bands: Bands of a signature.
        rows: Values in a band; a signature has at least bands times rows values.
    """

    def __init__(self, bands: int, rows: int) -> None:
        self.bands, self.rows = bands, rows
        self.buckets: list[dict[int, list[int]]] = [{} for _ in range(bands)]
        """For each band: key -> items."""

    def keys(self, signatures: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint64]:
        """One 64-bit key a band; array of shape (texts, bands)."""
        used = signatures[:, : self.bands * self.rows].reshape(len(signatures), self.bands, self.rows)
        keys = np.full((len(signatures), self.bands), 0xCBF29CE484222325, dtype=np.uint64)  # FNV-1a
        for row in range(self.rows):
            keys = (keys ^ used[:, :, row]) * np.uint64(0x100000001B3)
        return keys

    def candidates(self, keys: Sequence[int]) -> list[int]:
        """Items that share a band with one text's keys, in ascending order."""
        return sorted(
            {item for bucket, key in zip(self.buckets, keys, strict=True) for item in bucket.get(key, ())}
        )

    def add(self, item: int, keys: Sequence[int]) -> None:
        """Remember an item under one text's keys."""
        for bucket, key in zip(self.buckets, keys, strict=True):
            bucket.setdefault(key, []).append(item)
