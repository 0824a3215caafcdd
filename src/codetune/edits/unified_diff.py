"""A change as a person reads it: hunks of removed and added lines, with a few lines around them."""

from __future__ import annotations

from codetune.edits.blocks import diff_blocks
from codetune.edits.formats.line_changes import joined

__all__ = ["unified_diff"]


def unified_diff(old: str, new: str, context: int = 3) -> str:
    """Hunks of a unified diff, without file names.

    Args:
        old: The text before.
        new: The text after.
        context: Unchanged lines shown around each change.

    Returns:
        "" where nothing differs.
    """
    lines = old.split("\n")
    blocks = diff_blocks(old, new)
    windows = [(max(0, block.start - context), min(len(lines), block.end + context)) for block in blocks]
    hunks, shift, taken = [], 0, 0
    for window in joined(lines, blocks, windows, gap=0):
        body, done = [], window.start
        while taken < len(blocks) and blocks[taken].start <= window.end and blocks[taken].end <= window.end:
            block = blocks[taken]
            if block.start < window.start:
                break
            body += [f" {line}" for line in lines[done : block.start]]
            body += [f"-{line}" for line in lines[block.start : block.end]]
            body += [f"+{line}" for line in block.lines]
            done, taken = block.end, taken + 1
        body += [f" {line}" for line in lines[done : window.end]]
        before, after = window.end - window.start, len(window.lines)
        start, new_start = (
            number + 1 if count else number
            for number, count in ((window.start, before), (window.start + shift, after))
        )
        hunks.append("\n".join([f"@@ -{start},{before} +{new_start},{after} @@", *body]))
        shift += after - before
    return "\n".join(hunks)
