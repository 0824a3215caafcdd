"""CodeBLEU's two n-gram parts: BLEU, and recall in which keywords weigh more."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from codetune.tasks.grading.bleu import ngram_counts

__all__ = ["bleu_counts", "bleu_of", "recall_counts", "recall_of"]

_ORDERS = (1, 2, 3, 4)
_UNMATCHED = 0.1
"""Counted in place of no match at all, so that one order can't zero the rest (Chen and Cherry 2014, 1)."""
_PLAIN_WEIGHT = 0.2
"""Weight of a token that is no keyword; a keyword's is 1."""


def _geometric_mean(matches: Sequence[float], totals: Sequence[float]) -> float:
    if matches[0] == 0:
        return 0.0
    logs = [math.log((match or _UNMATCHED) / total) for match, total in zip(matches, totals, strict=True)]
    return math.exp(math.fsum(logs) / len(logs))


def bleu_counts(wanted: Sequence[str], given: Sequence[str]) -> tuple[float, ...]:
    """Ten numbers of a right program's and another's tokens; over a corpus they add up."""
    matches, totals = [], []
    for order in _ORDERS:
        counts = ngram_counts(given, order)
        matches.append((counts & ngram_counts(wanted, order)).total())
        totals.append(max(1, counts.total()))
    return (*matches, *totals, len(wanted), len(given))


def bleu_of(sums: Sequence[float]) -> float:
    """Corpus BLEU-4 with epsilon smoothing; not the number `codetune.tasks.grading.bleu` gives."""
    wanted_length, given_length = sums[8:]
    if given_length == 0:
        return 0.0
    brevity = 1.0 if given_length > wanted_length else math.exp(1 - wanted_length / given_length)
    return brevity * _geometric_mean(sums[:4], sums[4:8])


def recall_counts(
    wanted: Sequence[str], given: Sequence[str], keywords: Collection[str]
) -> tuple[float, ...]:
    """Eight numbers of a right program's and another's tokens; over a corpus they add up."""
    matches: list[float] = []
    totals: list[float] = []
    for order in _ORDERS:
        counts = ngram_counts(wanted, order)
        common = counts & ngram_counts(given, order)
        if order == 1:
            weight = {gram: 1.0 if gram[0] in keywords else _PLAIN_WEIGHT for gram in counts}
            matches.append(sum(weight[gram] * count for gram, count in common.items()))
            totals.append(max(1.0, sum(weight[gram] * count for gram, count in counts.items())))
        else:
            matches.append(common.total())
            totals.append(max(1, counts.total()))
    return (*matches, *totals)


def recall_of(sums: Sequence[float]) -> float:
    """How much of the right programs' n-grams is there, keywords counting five times as much.

    Recall can't be gained by brevity, so there is no penalty for it.
    """
    return _geometric_mean(sums[:4], sums[4:])
