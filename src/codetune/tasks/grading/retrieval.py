"""Scores of rankings: mean reciprocal rank, accuracy at one, mean average precision at R."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

__all__ = ["average_precision_at_r", "reciprocal_rank"]


def reciprocal_rank(right: Hashable, ranking: Sequence[Hashable]) -> float:
    """1 over the place of the right one, counted from 1; 0 where it isn't ranked.

    MRR is the mean over queries; accuracy@1 is how often this is 1.

    Source: CodeXGLUE NL-code-search-Adv evaluator.
    """
    return 1 / (ranking.index(right) + 1) if right in ranking else 0.0


def average_precision_at_r(relevant: Collection[Hashable], ranking: Sequence[Hashable]) -> float:
    """Average precision over the first R places, R being the number of relevant ones.

    Args:
        relevant: The right ones; not empty.
        ranking: What was retrieved, best first, no item twice; places beyond R are not looked at.

    Returns:
        Fraction in [0, 1]; MAP@R is its mean over queries.

    Raises:
        ValueError: Nothing is relevant, so there is nothing to average over.

    Source: CodeXGLUE Clone-detection-POJ-104 evaluator.
    """
    if not relevant:
        raise ValueError("average precision needs at least one relevant item")
    found, total = 0, 0.0
    for place, item in enumerate(ranking[: len(relevant)], 1):
        if item in relevant:
            found += 1
            total += found / place
    return total / len(relevant)
