"""Edit similarity and exact match of code, as CodeXGLUE's evaluators measure them."""

from __future__ import annotations

import re

from codetune.text.similarity import lcs_length

__all__ = ["edit_similarity", "exact_match", "plain_literals", "same_tokens"]

_LITERAL = re.compile(r"<(?:STR|NUM|CHAR)_LIT:(.*?)>", re.DOTALL)


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
