"""Whether a summary says something about its own code: the code is looked for by the summary alone.

In: code and what was written about it, row by row. Out: for each row the chance that its code ranks first
among ten, nine of them drawn from the other rows. It tells content from manner: a sentence in the authors'
style that fits any function finds nothing. It does not tell whether every word is right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import comb

from codetune.text.bm25 import Bm25, code_terms
from codetune.text.fences import without_fenced_blocks

__all__ = ["AMONG", "found_among_ten"]

AMONG = 10
"""Pieces of code to choose from; a text that says nothing finds the right one with a chance of 1 in 10."""

_STEM = 5
"""Letters of a word that count, so that `returns`, `returned` and `return` are one."""
_WORD = re.compile(r"\w")
_DEFINITION = re.compile(r"\b(?:def|class|func|function|fn|fun)\s+(?:\([^)]*\)\s*)?(\w+)")
"""Parentheses before the name hold a receiver in Go."""
_CALLED = re.compile(r"(\w+)\s*\(")
"""Where no such word introduces a name, as in Java and C, it stands before the first parenthesis."""


def found_among_ten(codes: Sequence[str], texts: Sequence[str]) -> list[float] | None:
    """For each text the chance that its own code fits it best among ten.

    Fit is BM25 over the words of identifiers, comments and strings. What describes nothing is left out of
    the text first: code that it repeats (fenced blocks, lines that stand in the code) and the words of the
    function's own name, which alone would find nearly every function. All choices of nine others are
    counted, so nothing is drawn; equal fits share their place.

    Args:
        codes: One a text. Rows with the same code are no alternatives to one another.
        texts: What was written about each.

    Returns:
        Fractions in [0, 1], 0.1 where a text says nothing; None where fewer than ten pieces of code differ.
    """
    place_of = {code: place for place, code in enumerate(dict.fromkeys(codes))}
    if len(place_of) < AMONG:
        return None
    index = Bm25([_stems(code) for code in place_of])
    found = []
    for code, text in zip(codes, texts, strict=True):
        said = set(_stems(_own_words(text, code))) - set(_stems(_name_of(code)))
        fits = index.scores(said)
        mine = fits[place_of[code]]
        worse, equal = int((fits < mine).sum()), int((fits == mine).sum()) - 1
        found.append(_chance_of_first(worse, equal, len(place_of) - 1))
    return found


def _chance_of_first(worse: int, equal: int, others: int) -> float:
    """Over all choices of nine others: first where all nine are worse; among equals each is as likely."""
    chosen = AMONG - 1
    ways = sum(
        comb(equal, tied) * comb(worse, chosen - tied) / (tied + 1) for tied in range(min(equal, chosen) + 1)
    )
    return ways / comb(others, chosen)


def _own_words(text: str, code: str) -> str:
    """The text without the code that it repeats."""
    lines = {line.strip() for line in code.splitlines()}
    prose = without_fenced_blocks(text)
    return "\n".join(line for line in prose.splitlines() if line.strip() not in lines)


def _name_of(code: str) -> str:
    found = _DEFINITION.search(code) or _CALLED.search(code)
    return found[1] if found else ""


def _stems(text: str) -> list[str]:
    return [term[:_STEM] for term in code_terms(text) if _WORD.match(term)]
