"""The smallest run of lines around a change that stands only once in its text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

__all__ = ["LineIndex"]

_MOST_CONTEXT = 50
"""Lines of context looked at on each side; a text that repeats more than that is quoted whole."""


class LineIndex:
    """The lines of one text, and where equal ones stand.

    Args:
        lines: The text.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, line in enumerate(lines):
            self._places[line].append(place)

    def unique_window(self, start: int, end: int, *, needs_line: bool = False) -> tuple[int, int]:
        """The shortest window around lines start..end that stands once and is not all blank.

        Among windows of one length, the one that begins earliest is taken.

        Args:
            start: First line of the change, from 0.
            end: Line after its last one.
            needs_line: The window has to hold a line beside those of the change.

        Returns:
            First line, and line after the last one; the whole text where nothing shorter is unique.
        """
        lines, count = self._lines, len(self._lines)
        others = [
            (self._left(start, place), self._right(end, place + end - start))
            for place in self._others(start, end)
        ]
        core_is_blank = not any(line.strip() for line in lines[start:end])
        most_before, most_after = min(start, _MOST_CONTEXT), min(count - end, _MOST_CONTEXT)
        blank_before = self._blank_before(start, most_before)
        best: tuple[int, int] | None = None
        for before in range(most_before + 1):
            after = max((right + 1 for left, right in others if left >= before), default=0)
            if core_is_blank and before <= blank_before:
                after = max(after, self._blank_after(end, most_after) + 1)
            if needs_line and before + after == 0:
                after = 1
            if after <= most_after and (best is None or before + after <= sum(best)):
                best = (before, after)
        return (0, count) if best is None else (start - best[0], end + best[1])

    def _others(self, start: int, end: int) -> list[int]:
        """Other places where the change's lines stand, or where a neighbour of an insertion stands."""
        lines = self._lines
        if end > start:
            rarest = min(range(start, end), key=lambda number: len(self._places[lines[number]]))
            found = (place - rarest + start for place in self._places[lines[rarest]])
            wanted, size = lines[start:end], end - start
            return [
                place
                for place in found
                if place != start and place >= 0 and lines[place : place + size] == wanted
            ]
        places: set[int] = set()
        if start > 0:
            places.update(place + 1 for place in self._places[lines[start - 1]])
        if start < len(lines):
            places.update(self._places[lines[start]])
        return sorted(places - {start})

    def _left(self, start: int, other: int) -> int:
        """How many lines before both places are equal; at most one more than is looked at."""
        length = 0
        while length <= _MOST_CONTEXT and min(start, other) > length:
            if self._lines[start - 1 - length] != self._lines[other - 1 - length]:
                break
            length += 1
        return length

    def _right(self, end: int, other: int) -> int:
        length, count = 0, len(self._lines)
        while length <= _MOST_CONTEXT and max(end, other) + length < count:
            if self._lines[end + length] != self._lines[other + length]:
                break
            length += 1
        return length

    def _blank_before(self, start: int, most: int) -> int:
        length = 0
        while length < most and not self._lines[start - 1 - length].strip():
            length += 1
        return length

    def _blank_after(self, end: int, most: int) -> int:
        length = 0
        while length < most and not self._lines[end + length].strip():
            length += 1
        return length
