"""Exact and near duplicates: one of each stays, the first in the order of the input.

Near: word 5-grams, MinHash with 128 permutations, bands for candidates, and then the true Jaccard
similarity of each candidate pair. A row is compared with rows that are kept, never with rejected ones,
so a chain of small differences can't remove a whole source (Jaccard similarity is not transitive;
connected components would treat it as if it were).

Keys go in, which a worker makes of its rows alone; positions with their rejections come out.

Source: Broder 1997 (MinHash); Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", ch. 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from codetune.rejection import Rejection
from codetune.text.minhash import BandIndex, bands_for, jaccard, minhash, ngrams

__all__ = ["NGRAM", "band_keys", "exact_duplicates", "exact_key", "near_duplicates", "shingles", "words"]

NGRAM = 5
_PERMUTATIONS = 128
_WORD = re.compile(r"\w+|[^\w\s]")
_REMEMBERED = 10_000
"""Texts whose 5-grams are kept while rows are compared."""


def words(text: str) -> list[str]:
    """Words and marks, lower case: what similarity is measured on."""
    return _WORD.findall(text.lower())


def shingles(text: str) -> set[str]:
    """The word 5-grams of a text; a shorter text is one shingle."""
    return ngrams(words(text), NGRAM)


def exact_key(text: str) -> bytes:
    """16 bytes that two texts share when they are equal, white space aside."""
    return blake2b(" ".join(text.split()).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def band_keys(texts: Sequence[str], threshold: float) -> npt.NDArray[np.uint64]:
    """Keys of which near texts share one with a probability of at least 99 %.

    Args:
        texts: The texts.
        threshold: Jaccard similarity from which texts are near duplicates, above 0, at most 1.

    Returns:
        Array of shape (texts, bands).
    """
    signatures = minhash((words(text) for text in texts), permutations=_PERMUTATIONS, ngram=NGRAM)
    return BandIndex(*bands_for(threshold, _PERMUTATIONS)).keys(signatures)


def exact_duplicates(ids: Sequence[str], keys: Sequence[bytes]) -> dict[int, Rejection]:
    """Positions whose key was there before.

    Args:
        ids: Ids of the rows, for the rejection's detail.
        keys: `exact_key` of their texts, same length.
    """
    first: dict[bytes, int] = {}
    rejected = {}
    for position, key in enumerate(keys):
        known = first.setdefault(key, position)
        if known != position:
            rejected[position] = Rejection("exact duplicate", f"of {ids[known]}")
    return rejected


def near_duplicates(
    ids: Sequence[str], text_of: Callable[[int], str], keys: npt.NDArray[np.uint64], threshold: float
) -> dict[int, Rejection]:
    """Positions whose text is similar to that of an earlier position that stays.

    Args:
        ids: Ids of the rows, for the rejection's detail.
        text_of: Position -> text; only the texts of candidates are asked for.
        keys: `band_keys` of the texts at this threshold, shape (rows, bands).
        threshold: Jaccard similarity of word 5-grams, above 0, at most 1.

    Returns:
        Position -> rejection naming the row that stays and the similarity.
    """
    index = BandIndex(*bands_for(threshold, _PERMUTATIONS))
    rejected: dict[int, Rejection] = {}

    @lru_cache(maxsize=_REMEMBERED)
    def grams(position: int) -> set[str]:
        return shingles(text_of(position))

    for position in np.flatnonzero(_with_company(keys)).tolist():
        own_keys: list[Any] = keys[position].tolist()
        for candidate in index.candidates(own_keys):
            similarity = jaccard(grams(position), grams(candidate))
            if similarity >= threshold:
                rejected[position] = Rejection(
                    "near duplicate", f"of {ids[candidate]}, Jaccard {similarity:.2f}"
                )
                break
        else:
            index.add(position, own_keys)
    return rejected


def _with_company(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Whether a row shares a key with any other row; the others, nearly all, need no index."""
    found = np.zeros(len(keys), dtype=np.bool_)
    for band in range(keys.shape[1] if len(keys) else 0):
        _, where, counts = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        found |= counts[where] > 1
    return found
