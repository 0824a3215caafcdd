"""Likeness of two texts: longest common subsequence, edit similarity, exact match."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

__all__ = ["edit_similarity", "exact_match", "lcs_length", "plain_literals", "rouge_l", "same_tokens"]

_ROUGE_TOKEN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]|[a-z0-9]+")
_LITERAL = re.compile(r"<(?:STR|NUM|CHAR)_LIT:(.*?)>", re.DOTALL)


def lcs_length(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Length of the longest common subsequence.

    Bit-parallel over whole integers (Hyyrö 2004): a row of the table is one Python integer, so
    strings of some thousand characters take milliseconds.
    """
    positions: dict[Hashable, int] = {}
    for index, item in enumerate(a):
        positions[item] = positions.get(item, 0) | (1 << index)
    full = (1 << len(a)) - 1
    row = full
    for item in b:
        hits = row & positions.get(item, 0)
        row = ((row + hits) | (row - hits)) & full
    return len(a) - row.bit_count()


def rouge_l(reference: str, hypothesis: str) -> float:
    """ROUGE-L F1: lower-case words and numbers, no stemming.

    Agrees with the `rouge-score` package (Lin 2004); Chinese characters, which that package drops,
    are tokens of their own here.

    Returns:
        Fraction in [0, 1]; 0 where either side has no tokens.
    """
    wanted = _ROUGE_TOKEN.findall(reference.lower())
    given = _ROUGE_TOKEN.findall(hypothesis.lower())
    common = lcs_length(wanted, given) if wanted and given else 0
    if common == 0:
        return 0.0
    precision, recall = common / len(given), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


def plain_literals(code: str) -> str:
    """Write CodeXGLUE's normalised literals as code again: `<NUM_LIT:1>` is `1`, `<STR_LIT>` is nothing."""
    code = code.replace("<NUM_LIT>", "0").replace("<STR_LIT>", "").replace("<CHAR_LIT>", "")
    return _LITERAL.sub(r"\1", code)


def edit_similarity(reference: str, hypothesis: str) -> float:
    """Twice the common subsequence over both lengths, in steps of one percent.

    The published evaluator of line completion rounds each row to a whole percent before it takes
    the mean, so this does too. Literals are compared as `plain_literals` writes them.

    Returns:
        Fraction in [0, 1], a multiple of 0.01; 0 where either side is empty.

    Source: CodeXGLUE CodeCompletion-line evaluator (`fuzz.ratio`).
    """
    wanted, given = plain_literals(reference), plain_literals(hypothesis.strip())
    if not wanted or not given:
        return 0.0
    return round(100 * 2 * lcs_length(wanted, given) / (len(wanted) + len(given))) / 100


def exact_match(reference: str, hypothesis: str) -> bool:
    """Equal but for white space around them (translation and repair)."""
    return reference.strip() == hypothesis.strip()


def same_tokens(reference: str, hypothesis: str) -> bool:
    """Equal tokens, parted by white space, literals plain (generation and completion)."""
    return plain_literals(reference).split() == plain_literals(hypothesis).split()
