"""A current and a next text in, the place a programmer would point at out: a cursor, a selection, or none.

Offsets count characters of the current text and stand between characters, 0 to its length.

Source: Programming-Instruct (CursorCore, arXiv:2410.07002), `post_collection`, with its probabilities.
"""

from __future__ import annotations

from pydantic import Field
from rapidfuzz.distance import Levenshtein

from codetune.config.settings import Settings
from codetune.edits.blocks import diff_blocks, line_starts
from codetune.rejection import Rejection
from codetune.seeding import draw

__all__ = ["AreaSettings", "changed_ranges", "check_area", "draw_area"]

_MOST_CHARACTERS = 20_000
"""Above so many characters in a block its whole lines are the change: the table of steps takes memory
that grows with the product of both lengths."""


class AreaSettings(Settings):
    """How a place is drawn."""

    use_loc_prob: float = Field(0.75, ge=0, le=1)
    """Probability that there is a place at all."""
    loc_cursor_prob: float = Field(0.5, ge=0, le=1)
    """Probability of a cursor; otherwise it is a selection."""
    loc_noisy_prob: float = Field(0.5, ge=0, le=1)
    """Probability of a place near the change rather than at its ends."""
    loc_noisy_length: int = Field(32, ge=0)
    """How far, in characters, a noisy selection may reach beyond the changes."""
    loc_all_noisy_prob: float = Field(0.05, ge=0, le=1)
    """Probability of a place anywhere in the text."""


def changed_ranges(current: str, following: str) -> list[tuple[int, int]]:
    """Ranges of `current` that change, in order; an insertion is a range of length 0.

    Lines are compared first and characters only inside changed blocks, so the time grows with what
    changes and not with the length of the text.
    """
    starts = line_starts(current)
    ranges: list[tuple[int, int]] = []
    for block in diff_blocks(current, following):
        if block.end < len(starts) - 1:  # each line with the newline that ends it
            offset = starts[block.start]
            before, after = current[offset : starts[block.end]], "\n".join([*block.lines, ""])
        elif block.start > 0:  # the last lines, each with the newline before it
            offset = starts[block.start] - 1
            before, after = current[offset:], "\n".join(["", *block.lines])
        else:
            offset, before, after = 0, current, following
        if max(len(before), len(after)) > _MOST_CHARACTERS:
            found = [(0, len(before))]
        else:
            steps = Levenshtein.opcodes(before, after)
            found = [(step.src_start, step.src_end) for step in steps if step.tag != "equal"]
        for start, end in found:
            left, right = offset + start, offset + end
            if ranges and ranges[-1][1] >= left:
                ranges[-1] = (ranges[-1][0], right)
            else:
                ranges.append((left, right))
    return ranges


def draw_area(
    current: str, following: str, settings: AreaSettings, seed: int, key: str
) -> tuple[int, ...] | None:
    """A place for one edit.

    Args:
        current: The text now.
        following: The text after the edit.
        settings: The probabilities.
        seed: The run's seed.
        key: The record's id; equal keys draw the same place.

    Returns:
        None, `(offset,)` for a cursor, or `(start, end)` with start <= end for a selection.
    """
    random = draw(seed, key, "area")
    if random.random() >= settings.use_loc_prob:
        return None
    changes = changed_ranges(current, following) or [(0, len(current))]
    is_cursor = random.random() < settings.loc_cursor_prob
    is_anywhere = random.random() < settings.loc_all_noisy_prob
    is_noisy = random.random() < settings.loc_noisy_prob
    if is_cursor:
        if is_anywhere:
            return (random.randint(0, len(current)),)
        start, end = random.choice(changes)
        return (random.randint(start, end) if is_noisy else random.choice((start, end)),)
    if is_anywhere:
        ends = sorted((random.randint(0, len(current)), random.randint(0, len(current))))
        return tuple(ends)
    reach = settings.loc_noisy_length if is_noisy else 0
    first, last = changes[0][0], changes[-1][1]
    return random.randint(max(0, first - reach), first), random.randint(last, min(last + reach, len(current)))


def check_area(text: str, area: tuple[int, ...] | None) -> None:
    """Check that a place lies in a text and between whole characters.

    Raises:
        Rejection: It doesn't; the detail says where it is and how long the text is.
    """
    if area is None:
        return
    if len(area) not in (1, 2) or list(area) != sorted(area) or area[0] < 0 or area[-1] > len(text):
        raise Rejection("target area outside the text", f"{area} in {len(text)} characters")
    for offset in area:
        if (
            0 < offset < len(text)
            and "\ud800" <= text[offset - 1] <= "\udbff"
            and "\udc00" <= text[offset] <= "\udfff"
        ):
            raise Rejection("target area inside a character", f"offset {offset} splits a surrogate pair")
