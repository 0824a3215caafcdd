"""CodeBLEU's two n-gram parts: BLEU, and recall in which keywords weigh more."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from codetune.tasks.grading.bleu import ngram_counts

__all__ = ["bleu", "weighted_recall"]

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


def bleu(references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]) -> float:
    """Corpus BLEU-4 with epsilon smoothing; not the number `codetune.tasks.grading.bleu` gives.

    Args:
        references: Tokens of each right program.
        hypotheses: Tokens of each program to score.
    """
    matches, totals = [0.0] * 4, [0.0] * 4
    wanted_length = given_length = 0
    for wanted, given in zip(references, hypotheses, strict=True):
        wanted_length += len(wanted)
        given_length += len(given)
        for order in _ORDERS:
            counts = ngram_counts(given, order)
            matches[order - 1] += (counts & ngram_counts(wanted, order)).total()
            totals[order - 1] += max(1, counts.total())
    if given_length == 0:
        return 0.0
    brevity = 1.0 if given_length > wanted_length else math.exp(1 - wanted_length / given_length)
    return brevity * _geometric_mean(matches, totals)


def weighted_recall(
    references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]], keywords: Collection[str]
) -> float:
    """How much of the right programs' n-grams is there, keywords counting five times as much.

    Recall can't be gained by brevity, so there is no penalty for it.
    """
    matches, totals = [0.0] * 4, [0.0] * 4
    for wanted, given in zip(references, hypotheses, strict=True):
        for order in _ORDERS:
            counts = ngram_counts(wanted, order)
            common = counts & ngram_counts(given, order)
            if order == 1:
                weight = {gram: 1.0 if gram[0] in keywords else _PLAIN_WEIGHT for gram in counts}
                matches[0] += sum(weight[gram] * count for gram, count in common.items())
                totals[0] += max(1.0, sum(weight[gram] * count for gram, count in counts.items()))
            else:
                matches[order - 1] += common.total()
                totals[order - 1] += max(1, counts.total())
    return _geometric_mean(matches, totals)
