"""Changes of line ranges, as two of the formats write them down.

A change never replaces lines by nothing, since an empty code block and a block of one empty line look
alike to many readers: a deletion takes a neighbouring line along instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from codetune.edits.blocks import Block, diff_blocks
from codetune.rejection import Rejection

__all__ = ["apply_changes", "joined", "line_changes"]


def line_changes(current: str, following: str) -> list[Block]:
    """The changes from one text to the other, in order, none of them with an empty replacement."""
    lines = current.split("\n")
    blocks = diff_blocks(current, following)
    windows = []
    for block in blocks:
        start, end = block.start, block.end
        if not block.lines:
            # A text has at least one line after the change, so one of the neighbours is there.
            start, end = (start - 1, end) if start > 0 else (start, end + 1)
        windows.append((start, end))
    return joined(lines, blocks, windows)


def joined(
    lines: Sequence[str], blocks: Sequence[Block], windows: Sequence[tuple[int, int]], gap: int = -1
) -> list[Block]:
    """Blocks widened to windows of lines; windows that overlap become one.

    Args:
        lines: The current text.
        blocks: What changes, in order.
        windows: Lines (start, end) around each block.
        gap: Windows with at most so many lines between them become one too; -1 for none.
    """
    groups: list[tuple[int, int, list[Block]]] = []
    for block, (start, end) in zip(blocks, windows, strict=True):
        inside = [block]
        # A wide window may reach over several windows before it.
        while groups and (start < groups[-1][1] or start - groups[-1][1] <= gap):
            earlier_start, earlier_end, earlier = groups.pop()
            start, end, inside = min(start, earlier_start), max(end, earlier_end), [*earlier, *inside]
        groups.append((start, end, inside))
    return [_replacing(lines, inside, start, end) for start, end, inside in groups]


def _replacing(lines: Sequence[str], blocks: Sequence[Block], start: int, end: int) -> Block:
    after: list[str] = []
    done = start
    for block in blocks:
        after += lines[done : block.start]
        after += block.lines
        done = block.end
    return Block(start, end, (*after, *lines[done:end]))


def apply_changes(current: str, changes: Sequence[Block]) -> str:
    """The text after the changes, which may come in any order.

    Raises:
        Rejection: Two of them change the same lines.
    """
    lines = current.split("\n")
    after: list[str] = []
    done = 0
    for change in sorted(changes, key=lambda change: (change.start, change.end)):
        if change.start < done:
            raise Rejection("changes overlap", f"line {change.start + 1} is changed twice")
        after += lines[done : change.start]
        after += change.lines
        done = change.end
    return "\n".join([*after, *lines[done:]])
