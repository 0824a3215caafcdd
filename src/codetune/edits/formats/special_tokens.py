"""The tokens that mark the parts of an edit, as CursorCore's models know them."""

from __future__ import annotations

__all__ = [
    "EDIT_TOKENS", "NEXT_END", "NEXT_START", "SEARCH_AND_REPLACE", "TARGET", "TARGET_END", "TARGET_START",
    "mark_area",
]  # fmt: skip

NEXT_START = "<|next_start|>"
NEXT_END = "<|next_end|>"
TARGET = "<|target|>"
TARGET_START = "<|target_start|>"
TARGET_END = "<|target_end|>"
SEARCH_AND_REPLACE = "<|search_and_replace|>"

EDIT_TOKENS = (NEXT_START, NEXT_END, TARGET_START, TARGET_END, TARGET, SEARCH_AND_REPLACE)
"""All of them, in the order in which they are added to a tokenizer."""


def mark_area(code: str, area: tuple[int, ...] | None) -> str:
    """The code with its target area marked: a cursor, or both ends of a selection.

    Args:
        code: The text.
        area: None, `(offset,)` or `(start, end)`, in characters.
    """
    if area is None:
        return code
    if len(area) == 1:
        return f"{code[: area[0]]}{TARGET}{code[area[0] :]}"
    start, end = area
    return f"{code[:start]}{TARGET_START}{code[start:end]}{TARGET_END}{code[end:]}"
