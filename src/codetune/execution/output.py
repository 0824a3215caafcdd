"""Whether a program printed what it should; compared outside the box, as programming contests do."""

from __future__ import annotations

import re

from codetune.execution.protocol import Comparison

__all__ = ["same_output"]

_TOLERANCE = 1e-5
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _same_value(expected: str, printed: str) -> bool:
    if expected.casefold() == printed.casefold():
        return True
    # Only what a person would write as a number: `float` also takes `nan`, `1_0` and other scripts' digits.
    if not (_NUMBER.fullmatch(expected) and _NUMBER.fullmatch(printed)):
        return False
    if "." not in expected + printed and "e" not in (expected + printed).lower():
        return int(expected) == int(printed)  # whole numbers of any size are exact
    wanted, got = float(expected), float(printed)
    return abs(wanted - got) < _TOLERANCE * max(1.0, abs(wanted))


def same_output(expected: str, printed: str, comparison: Comparison = "lines") -> bool:
    """Compare printed text with what was expected.

    Args:
        expected: What a right program prints.
        printed: What this one did.
        comparison: `lines`, `tokens` or `values`; see `Comparison`.
    """
    if comparison == "lines":
        return _lines(expected) == _lines(printed)
    wanted, got = expected.split(), printed.split()
    if comparison == "tokens" or wanted == got:
        return wanted == got
    return len(wanted) == len(got) and all(map(_same_value, wanted, got))
