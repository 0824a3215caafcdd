"""How alike two texts are: longest common subsequence and ROUGE-L."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from rapidfuzz.distance import LCSseq

__all__ = ["lcs_length", "rouge_l", "rouge_l_of_tokens"]

_ROUGE_TOKEN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]|[a-z0-9]+")


def lcs_length(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Length of the longest common subsequence."""
    return LCSseq.similarity(a, b)


def rouge_l(reference: str, hypothesis: str) -> float:
    """ROUGE-L F1: lower-case words and numbers, no stemming.

    Agrees with the `rouge-score` package (Lin 2004); Chinese characters, which that package drops,
    are tokens of their own here.

    Returns:
        Fraction in [0, 1]; 0 where either side has no tokens.
    """
    return rouge_l_of_tokens(
        _ROUGE_TOKEN.findall(reference.lower()), _ROUGE_TOKEN.findall(hypothesis.lower())
    )


def rouge_l_of_tokens(reference: Sequence[str], hypothesis: Sequence[str]) -> float:
    """ROUGE-L F1 of texts that are tokens already; 0 where either side has none."""
    common = lcs_length(reference, hypothesis)
    if common == 0:
        return 0.0
    precision, recall = common / len(hypothesis), common / len(reference)
    return 2 * precision * recall / (precision + recall)
