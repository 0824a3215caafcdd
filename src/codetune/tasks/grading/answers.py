"""Reading an answer: what a model wrote -> a label or a choice; code is read by `text.fences`."""

from __future__ import annotations

import re

__all__ = ["read_choices", "read_label"]

_YES_NO = re.compile(
    r"(?<![a-z])(?P<yes>yes|true)(?![a-z])|(?<![a-z])(?P<no>no|false)(?![a-z])"
    r"|(?P<zh_no>不是|否|没有|不)|(?P<zh_yes>是|有|对)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")


def read_label(answer: str) -> bool | None:
    """The first yes or no of an answer, English or Chinese; None where it says neither."""
    found = _YES_NO.search(answer)
    if found is None:
        return None
    return found.lastgroup in ("yes", "zh_yes")


def read_choices(answer: str, candidates: int) -> list[int]:
    """Candidates that an answer names, in its order, counted from 0, each once.

    Args:
        answer: What the model wrote; numbers in it count from 1, as the question shows them.
        candidates: How many there were; other numbers are not choices.
    """
    named = (int(number) - 1 for number in _NUMBER.findall(answer))
    return list(dict.fromkeys(choice for choice in named if 0 <= choice < candidates))
