"""Exact and near duplicates: one of each stays, the first in the order of the input.

Near: word 5-grams, MinHash with 128 permutations, bands for candidates, and then
the true Jaccard similarity of each candidate pair. A row is compared with rows that are kept, never
with rejected ones, so a chain of small differences can't remove a whole source (Jaccard similarity is
not transitive; connected components would treat it as if it were).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

from codetune.rejection import Rejection
from codetune.text.minhash import BandIndex, bands_for, jaccard, minhash, ngrams

__all__ = ["NGRAM", "exact_duplicates", "near_duplicates", "words"]

NGRAM = 5
_PERMUTATIONS = 128
_WORD = re.compile(r"\w+|[^\w\s]")


def words(text: str) -> list[str]:
    """Words and marks, lower case: what similarity is measured on."""
    return _WORD.findall(text.lower())


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
    index = BandIndex(*bands_for(threshold, _PERMUTATIONS))
    keys = index.keys(minhash(map(words, texts), permutations=_PERMUTATIONS, ngram=NGRAM))
    grams: dict[int, set[str]] = {}
    rejected: dict[int, Rejection] = {}
    for position, text in enumerate(texts):
        own_keys = keys[position].tolist()
        own: set[str] | None = None
        for candidate in index.candidates(own_keys):
            own = ngrams(words(text), NGRAM) if own is None else own
            if candidate not in grams:
                grams[candidate] = ngrams(words(texts[candidate]), NGRAM)
            similarity = jaccard(own, grams[candidate])
            if similarity >= threshold:
                rejected[position] = Rejection(
                    "near duplicate", f"of {ids[candidate]}, Jaccard {similarity:.2f}"
                )
                break
        else:
            index.add(position, own_keys)
    return rejected
