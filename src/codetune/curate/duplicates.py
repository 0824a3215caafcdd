"""Exact and near duplicates: one of each stays, the first in the order of the input.

Near: word 5-grams, MinHash with 128 permutations (in Daft, Rust), bands for candidates, and then
the true Jaccard similarity of each candidate pair. A row is compared with rows that are kept, never
with rejected ones, so a chain of small differences can't remove a whole source (Jaccard similarity is
not transitive; connected components would treat it as if it were).

Source: Broder 1997 (MinHash); Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", ch. 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from codetune.rejection import Rejection

__all__ = ["NGRAM", "exact_duplicates", "jaccard", "near_duplicates", "shingles", "words"]

NGRAM = 5
_PERMUTATIONS = 128
_WORD = re.compile(r"\w+|[^\w\s]")


def words(text: str) -> list[str]:
    """Words and marks, lower case: what similarity is measured on."""
    return _WORD.findall(text.lower())


def shingles(text: str) -> set[str]:
    """The word 5-grams of a text; a shorter text is one shingle."""
    found = words(text)
    last = max(len(found) - NGRAM, 0)
    return {" ".join(found[i : i + NGRAM]) for i in range(last + 1)}


def jaccard(left: set[str], right: set[str]) -> float:
    """Size of the intersection over size of the union, 0 to 1."""
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)


def exact_duplicates(ids: Sequence[str], texts: Sequence[str]) -> dict[int, Rejection]:
    """Positions whose text was there before, white space aside."""
    first: dict[bytes, str] = {}
    rejected = {}
    for position, (row_id, text) in enumerate(zip(ids, texts, strict=True)):
        key = blake2b(" ".join(text.split()).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if key in first:
            rejected[position] = Rejection("exact duplicate", f"of {first[key]}")
        else:
            first[key] = row_id
    return rejected


def near_duplicates(ids: Sequence[str], texts: Sequence[str], threshold: float) -> dict[int, Rejection]:
    """Positions whose text is similar to that of an earlier position that stays.

    Args:
        ids: Ids of the rows, for the rejection's detail.
        texts: Their texts, same length.
        threshold: Jaccard similarity of word 5-grams, above 0, at most 1.

    Returns:
        Position -> rejection naming the row that stays and the similarity.
    """
    if len(texts) < 2:
        return {}
    bands, rows = _bands(threshold)
    keys = _band_keys(_signatures(texts), bands, rows)
    buckets: list[dict[int, list[int]]] = [{} for _ in range(bands)]
    grams: dict[int, set[str]] = {}
    rejected: dict[int, Rejection] = {}
    for position in range(len(texts)):
        row_keys = keys[position].tolist()
        candidates = {c for bucket, key in zip(buckets, row_keys, strict=True) for c in bucket.get(key, ())}
        mine: set[str] | None = None
        for candidate in sorted(candidates):
            mine = shingles(texts[position]) if mine is None else mine
            if candidate not in grams:
                grams[candidate] = shingles(texts[candidate])
            similarity = jaccard(mine, grams[candidate])
            if similarity >= threshold:
                rejected[position] = Rejection(
                    "near duplicate", f"of {ids[candidate]}, Jaccard {similarity:.2f}"
                )
                break
        else:
            for bucket, key in zip(buckets, row_keys, strict=True):
                bucket.setdefault(key, []).append(position)
    return rejected


def _bands(threshold: float) -> tuple[int, int]:
    """Bands and rows a band: the coarsest that still finds 99 of 100 pairs at the threshold."""
    for rows in range(_PERMUTATIONS, 0, -1):
        bands = _PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** bands >= 0.99:
            return bands, rows
    return _PERMUTATIONS, 1


def _signatures(texts: Sequence[str]) -> np.ndarray:
    import daft
    from daft.functions import minhash

    frame = daft.from_pydict({"text": [" ".join(words(text)) or " " for text in texts]})
    hashed = minhash(frame["text"], num_hashes=_PERMUTATIONS, ngram_size=NGRAM, seed=1)
    column = frame.select(hashed.alias("signature")).to_arrow().column("signature")
    return np.asarray(column.combine_chunks().flatten(), dtype=np.uint64).reshape(-1, _PERMUTATIONS)


def _band_keys(signatures: np.ndarray, bands: int, rows: int) -> np.ndarray:
    """One 64-bit key a band: a multiplicative hash of the band's `rows` values."""
    used = signatures[:, : bands * rows].reshape(len(signatures), bands, rows)
    keys = np.full((len(signatures), bands), 0xCBF29CE484222325, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for row in range(rows):
            keys = (keys ^ used[:, :, row]) * np.uint64(0x100000001B3)
    return keys
