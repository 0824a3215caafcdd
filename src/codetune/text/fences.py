"""Fenced code in Markdown text: found, left out, written.

A fence is a run of three or more backticks or tildes. It may follow words on its line, as models
write `Here it is: ```python`; the closing fence stands alone on its line. The last block of a text
may be unclosed, since answers are cut off.

Source: CommonMark 0.31, section 4.5; fences after words are our addition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["FencedBlock", "fence", "fenced_blocks", "first_block", "without_fenced_blocks"]

_OPENING = re.compile(
    r"^(?:[ \t]*|[^\n`]*?)(?P<backticks>`{3,})[ \t]*(?P<label>[\w+#.-]*)[^\n`]*$"
    r"|^[ \t]*(?P<tildes>~{3,})[ \t]*(?P<tilde_label>[\w+#.-]*)[^\n]*$",
    re.MULTILINE,
)
_RUN = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class FencedBlock:
    """One fenced block of a text."""

    label: str
    """First word after the opening fence in lower case, e.g. `python`; empty where there is none."""
    code: str
    """What stands between the fences, as it is."""
    closed: bool
    """False where the text ends before the block does."""
    start: int
    """Place of the opening fence in the text, in characters."""
    end: int
    """Place after the closing fence, in characters."""


def fenced_blocks(text: str) -> list[FencedBlock]:
    """The fenced blocks of a text in order."""
    blocks: list[FencedBlock] = []
    if "```" not in text and "~~~" not in text:
        return blocks
    position = 0
    while opening := _OPENING.search(text, position):
        kind = "backticks" if opening["backticks"] else "tildes"
        run = opening[kind]
        closing = re.compile(rf"^[ \t]*{run[0]}{{{len(run)},}}[ \t\r]*$", re.MULTILINE)
        inside = min(opening.end() + 1, len(text))
        closed = closing.search(text, inside)
        position = closed.end() if closed else len(text)
        blocks.append(
            FencedBlock(
                label=(opening["label"] or opening["tilde_label"] or "").lower(),
                code=text[inside : closed.start() if closed else len(text)],
                closed=closed is not None,
                start=opening.start(kind),
                end=position,
            )
        )
        if closed is None:
            break
    return blocks


def first_block(text: str) -> str:
    """The code of the first fenced block, or the whole text where nothing is fenced."""
    blocks = fenced_blocks(text)
    return blocks[0].code.rstrip("\n") if blocks else text


def without_fenced_blocks(text: str) -> str:
    """The text around its fenced blocks."""
    kept, position = [], 0
    for block in fenced_blocks(text):
        kept.append(text[position : block.start])
        position = block.end
    return "".join([*kept, text[position:]])


def fence(code: str, label: str = "") -> str:
    """Code between fences that are longer than any run of backticks in it.

    Args:
        code: The code; line breaks at its end are dropped.
        label: Word after the opening fence, e.g. `python`.
    """
    ticks = "`" * max(3, 1 + max(map(len, _RUN.findall(code)), default=0))
    return f"{ticks}{label}\n{code.rstrip()}\n{ticks}"
