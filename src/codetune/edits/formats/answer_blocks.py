"""Code blocks of an answer: written so that any text survives, and read back.

    <|next_start|>```python         the part of the answer that holds the edit
    ...                             lines of code, untouched
    ```<|next_end|>                 what follows is for the programmer to read

A block's fence has more backticks than any line inside begins with, so no code closes its own block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from codetune.edits.formats.special_tokens import NEXT_END, NEXT_START
from codetune.rejection import Rejection

__all__ = ["AnswerBlock", "fenced", "read_blocks", "wrapped"]

_OPENING = re.compile(r"(`{3,})([^`\n]*)$")
_CLOSING = re.compile(rf"(`{{3,}})[ \t\r]*({re.escape(NEXT_END)}.*)?$", re.S)


@dataclass(frozen=True, slots=True)
class AnswerBlock:
    """One code block.

    Attributes:
        header: The line before the block, stripped; "" where the block comes first.
        lines: Its lines.
    """

    header: str
    lines: tuple[str, ...]


def fenced(lines: Sequence[str], language: str = "") -> str:
    """Lines as a code block; `fenced(code.split("\\n"))` holds any text."""
    longest = max((len(line) - len(line.lstrip("`")) for line in lines), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def wrapped(body: str, chat: str = "") -> str:
    """An answer: the edit between its tokens, then what is said about it."""
    return f"{NEXT_START}{body}{NEXT_END}" + (f"\n{chat}" if chat else "")


def read_blocks(answer: str) -> list[AnswerBlock]:
    """The code blocks of an answer's edit, in their order.

    Where the answer has a start token, only what stands between it and the end token counts; a model
    that doesn't know the tokens is read from its whole answer. No block between both tokens means that
    nothing changes, and gives an empty list.

    Raises:
        Rejection: There is no block, or the last one never closes.
    """
    _, start, body = answer.partition(NEXT_START)
    lines = (body if start else answer).split("\n")
    blocks: list[AnswerBlock] = []
    header, fence, begin, ended = "", "", 0, False
    for number, line in enumerate(lines):
        if fence:
            closing = _CLOSING.match(line)
            if closing and len(closing[1]) >= len(fence):
                blocks.append(AnswerBlock(header, tuple(lines[begin:number])))
                header = fence = ""
                if closing[2]:
                    ended = True
                    break
        elif opening := _OPENING.match(line.rstrip("\r")):
            fence, begin = opening[1], number + 1
        elif start and NEXT_END in line:
            ended = True
            break
        elif line.strip():
            header = line.strip()
    if fence:
        raise Rejection("code block never closes", f"opened with {fence} and {len(lines) - begin} lines long")
    if not blocks and not (start and ended):
        raise Rejection("no code block", answer[:200])
    return blocks
