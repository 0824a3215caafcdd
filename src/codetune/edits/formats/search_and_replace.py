"""Search-and-replace: the answer quotes lines that stand once in the file, and what replaces them.

    ```python
    lines as they are now
    <|search_and_replace|>
    lines as they will be
    ```

A line of code that is itself the separator gets a backslash in front; so does one that already has
backslashes and the separator. Reading takes one backslash off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from codetune.edits.blocks import Block, diff_blocks
from codetune.edits.formats.answer_blocks import fenced, read_blocks, wrapped
from codetune.edits.formats.line_changes import apply_changes, joined
from codetune.edits.formats.special_tokens import SEARCH_AND_REPLACE
from codetune.edits.formats.unique_lines import LineIndex
from codetune.rejection import Rejection

__all__ = ["SearchAndReplace", "find_lines"]

_MERGED_LINES = 2
"""Changes with at most so many lines between them are one block, as CursorCore writes them."""
_SEPARATOR = re.compile(r"\\*" + re.escape(SEARCH_AND_REPLACE))


class SearchAndReplace:
    """Short answers that name their place by its text; no line is counted."""

    name = "search-and-replace"
    step_says = "as lines before and after it"
    answer_rule = (
        "Answer with <|next_start|>, then for each change a code block with lines that stand once in the file, "
        "a line <|search_and_replace|>, and the lines that replace them, then <|next_end|>. "
        "A short remark may follow."
    )

    def show(self, code: str, language: str = "") -> str:
        """The current text as the model sees it."""
        return fenced(code.split("\n"), language)

    def show_step(self, older: str, newer: str, language: str = "") -> str:
        """A step of the history: what stood in the older text, and what stands once in the newer one."""
        return _written(newer, older, language, is_backwards=True)

    def render(self, current: str, following: str, language: str = "", chat: str = "") -> str:
        """The answer that makes `following` of `current`."""
        return wrapped(_written(current, following, language), chat)

    def apply(self, answer: str, current: str) -> str:
        """The text that an answer makes of `current`; `find_lines` says what counts as found.

        Raises:
            Rejection: A block without its separator, search text that is blank, not found or found
                several times, changes that overlap, or no block.
        """
        lines = current.split("\n")
        changes = []
        for block in read_blocks(answer):
            places = [number for number, line in enumerate(block.lines) if line == SEARCH_AND_REPLACE]
            if len(places) != 1:
                raise Rejection("no separator" if not places else "several separators", SEARCH_AND_REPLACE)
            search, replace = (
                [_unescaped(line) for line in part]
                for part in (block.lines[: places[0]], block.lines[places[0] + 1 :])
            )
            start, indent = find_lines(lines, search)
            changes.append(Block(start, start + len(search), tuple(_indented(replace, indent))))
        return apply_changes(current, changes)


def find_lines(lines: Sequence[str], search: Sequence[str]) -> tuple[int, tuple[str, str]]:
    """Where lines stand in a text, and how the text's indentation differs from theirs.

    Tried in this order, and the first that is found decides: the very lines; the lines but for white
    space at their ends; the lines with one and the same indentation added to, or taken from, each.

    Returns:
        The first line, from 0, and (taken, added): the indentation to take from and to add to each
        line of the replacement.

    Raises:
        Rejection: Not found, found several times, or blank where the text is not.
    """
    if not any(line.strip() for line in search):
        if list(search) != list(lines):
            raise Rejection("search text is blank", f"{len(search)} blank lines")
        return 0, ("", "")
    exact = _places(lines, search)
    ends = exact or _places([line.rstrip() for line in lines], [line.rstrip() for line in search])
    if ends:
        return _only(ends, search), ("", "")
    starts = _places([line.strip() for line in lines], [line.strip() for line in search])
    shifts = {place: shift for place in starts if (shift := _shift(lines[place:], search)) is not None}
    place = _only(list(shifts), search)
    return place, shifts[place]


def _places(lines: Sequence[str], search: Sequence[str]) -> list[int]:
    count, wanted = len(search), list(search)
    return [
        place
        for place, line in enumerate(lines[: len(lines) - count + 1])
        if line == wanted[0] and list(lines[place : place + count]) == wanted
    ]


def _only(places: Sequence[int], search: Sequence[str]) -> int:
    first = next(line for line in search if line.strip()).strip()[:80]
    if not places:
        raise Rejection("search text not found", f"{len(search)} lines from {first!r}")
    if len(places) > 1:
        raise Rejection("search text found several times", f"{len(places)} places for lines from {first!r}")
    return places[0]


def _shift(lines: Sequence[str], search: Sequence[str]) -> tuple[str, str] | None:
    shifts = set()
    for line, wanted in zip(lines, search, strict=False):
        if wanted.strip():
            here, there = (text[: len(text) - len(text.lstrip())] for text in (line, wanted))
            if here.endswith(there):
                shifts.add(("", here[: len(here) - len(there)]))
            elif there.endswith(here):
                shifts.add((there[: len(there) - len(here)], ""))
            else:
                return None
    return shifts.pop() if len(shifts) == 1 else None


def _indented(lines: Sequence[str], shift: tuple[str, str]) -> list[str]:
    taken, added = shift
    return [f"{added}{line.removeprefix(taken)}" if line.strip() else line for line in lines]


def _written(current: str, following: str, language: str, is_backwards: bool = False) -> str:
    lines = current.split("\n")
    blocks = diff_blocks(current, following)
    index = LineIndex(lines)
    windows = [index.unique_window(block.start, block.end, needs_line=not block.lines) for block in blocks]
    written = []
    for change in joined(lines, blocks, windows, gap=_MERGED_LINES):
        search, replace = lines[change.start : change.end], list(change.lines)
        if is_backwards:
            search, replace = replace, search
        body = [*map(_escaped, search), SEARCH_AND_REPLACE, *map(_escaped, replace)]
        written.append(fenced(body, language))
    return "\n".join(written)


def _escaped(line: str) -> str:
    return f"\\{line}" if _SEPARATOR.fullmatch(line) else line


def _unescaped(line: str) -> str:
    return line[1:] if line.startswith("\\") and _SEPARATOR.fullmatch(line) else line
