"""Locate-and-change: the answer names ranges of lines and what stands there afterwards.

    2,4
    ```python
    the new lines
    ```

Lines 2 to 3 of the current text, counted from 0 and the end not included, are replaced. The model
sees the current text with line numbers from 1, so the range reads "behind line 2, up to line 4".
"""

from __future__ import annotations

import re

from codetune.edits.blocks import Block
from codetune.edits.formats.answer_blocks import fenced, read_blocks, wrapped
from codetune.edits.formats.line_changes import apply_changes, line_changes
from codetune.rejection import Rejection

__all__ = ["LocateAndChange"]

_RANGE = re.compile(r"(\d{1,9})\s*,\s*(\d{1,9})")


class LocateAndChange:
    """Short answers; the model has to count lines, so it is shown their numbers."""

    name = "locate-and-change"
    step_says = "as lines of the file after it and what stood there before"
    answer_rule = (
        "Answer with <|next_start|>, then for each change START,END and a code block of the new lines, then "
        "<|next_end|>. Lines START+1 to END of the file are replaced; START,START inserts after line START. "
        "A short remark may follow."
    )

    def show(self, code: str, language: str = "") -> str:
        """The current text with the number of each line, from 1."""
        return fenced([f"{number} {line}" for number, line in enumerate(code.split("\n"), 1)], language)

    def show_step(self, older: str, newer: str, language: str = "") -> str:
        """A step of the history, backwards: ranges of the newer text, and what stood there before."""
        return _written(newer, older, language)

    def render(self, current: str, following: str, language: str = "", chat: str = "") -> str:
        """The answer that makes `following` of `current`."""
        return wrapped(_written(current, following, language), chat)

    def apply(self, answer: str, current: str) -> str:
        """The text that an answer makes of `current`.

        An end behind the last line means the last line. Nothing else is corrected: a range says
        nothing about what it replaces, so a wrong one can't be told from a right one.

        Raises:
            Rejection: A block without its range, a range outside the text or the wrong way round,
                ranges that overlap, or no block.
        """
        count = len(current.split("\n"))
        changes = []
        for block in read_blocks(answer):
            found = _RANGE.fullmatch(block.header)
            if found is None:
                raise Rejection(
                    "no line range", f"{block.header[:80]!r} before a code block is not START,END"
                )
            start, end = int(found[1]), int(found[2])
            if start > end:
                raise Rejection("line range is reversed", f"{start},{end}")
            if start > count:
                raise Rejection("lines outside the file", f"{start},{end} of {count} lines")
            changes.append(Block(start, min(end, count), block.lines))
        return apply_changes(current, changes)


def _written(current: str, following: str, language: str) -> str:
    return "\n".join(
        f"{change.start},{change.end}\n{fenced(change.lines, language)}"
        for change in line_changes(current, following)
    )
