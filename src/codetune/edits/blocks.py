r"""Two texts in, the blocks of lines that differ out; and the text that some of the blocks make.

A line ends at `\n` alone: `\r` stays at the end of its line, and a final newline is an empty last line.
So every text is its lines joined by `\n`, whatever it holds, and nothing is lost on the way back.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pygit2 import Patch
from pygit2.enums import DiffOption

__all__ = ["Block", "apply_blocks", "diff_blocks", "line_starts"]


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that is replaced; the lines right before and after it stay.

    Attributes:
        start: First replaced line, counted from 0.
        end: Line after the last replaced one; `start` where lines are only inserted.
        lines: What stands there afterwards; empty where lines are only deleted.
    """

    start: int
    end: int
    lines: tuple[str, ...]


@lru_cache(maxsize=8)
def diff_blocks(old: str, new: str) -> tuple[Block, ...]:
    """The blocks that turn one text into another, in the order of the lines.

    It is git's line diff (libgit2), so the time grows with the length and the number of changes. The last
    few are remembered: a pair's series, areas and answers all begin with its blocks.
    """
    # Every line ends with a newline here, so that a last line without one is a line like the others.
    patch = Patch.create_from(
        f"{old}\n".encode("utf-8", "surrogatepass"),
        f"{new}\n".encode("utf-8", "surrogatepass"),
        context_lines=0,
        interhunk_lines=0,
        flag=DiffOption.FORCE_TEXT,
    )
    after = new.split("\n")
    blocks = []
    for hunk in patch.hunks:
        # Lines count from 1; an empty side is told by the line before it.
        start = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
        first = hunk.new_start - 1 if hunk.new_lines else hunk.new_start
        blocks.append(Block(start, start + hunk.old_lines, tuple(after[first : first + hunk.new_lines])))
    return tuple(blocks)


@lru_cache(maxsize=8)
def line_starts(text: str) -> tuple[int, ...]:
    """Where each line of a text begins, in characters, and where a line after the last one would."""
    ends = [0, *itertools.accumulate(map(len, text.split("\n")))]  # without the newlines of the lines before
    return tuple(map(operator.add, ends, range(len(ends))))


def apply_blocks(old: str, blocks: Sequence[Block], chosen: Iterable[int] | None = None) -> str:
    """The text with some blocks applied.

    Args:
        old: The text that the blocks were made for.
        blocks: All of its blocks, in the order of the lines.
        chosen: Places in `blocks`, in any order; None for all.

    Raises:
        IndexError: A place that `blocks` doesn't have.
    """
    before = old.split("\n")
    after: list[str] = []
    done = 0
    for number in range(len(blocks)) if chosen is None else sorted(set(chosen)):
        block = blocks[number]
        after += before[done : block.start]
        after += block.lines
        done = block.end
    after += before[done:]
    return "\n".join(after)
