"""Whole file: the answer is the next text of the file, in one code block."""

from __future__ import annotations

from codetune.edits.formats.answer_blocks import fenced, read_blocks, wrapped
from codetune.rejection import Rejection

__all__ = ["WholeFile"]


class WholeFile:
    """Simple and long: an answer repeats every line that stays."""

    name = "whole-file"
    step_says = "the file before it"
    answer_rule = (
        "Answer with <|next_start|>, the whole file after the edit in one code block, and <|next_end|>. "
        "A short remark may follow."
    )

    def show(self, code: str, language: str = "") -> str:
        """The current text as the model sees it."""
        return fenced(code.split("\n"), language)

    def show_step(self, older: str, newer: str, language: str = "") -> str:
        """A step of the history: the older text."""
        return fenced(older.split("\n"), language)

    def render(self, current: str, following: str, language: str = "", chat: str = "") -> str:
        """The answer that makes `following` of `current`."""
        return wrapped(fenced(following.split("\n"), language), chat)

    def apply(self, answer: str, current: str) -> str:
        """The text that an answer makes of `current`.

        Raises:
            Rejection: No code block, several, or one that never closes.
        """
        blocks = read_blocks(answer)
        if not blocks:
            return current
        if len(blocks) > 1:
            raise Rejection("several code blocks", f"{len(blocks)} blocks where the file is one")
        return "\n".join(blocks[0].lines)
