"""Versions of a file in, the moments at which a programmer may be watched out.

An edit series goes from one version to the next block by block, in a seeded random order, so that a
model also sees states between two versions. A moment is one state with the states before it.

Source: Programming-Instruct (CursorCore, arXiv:2410.07002), section 3, with its names and defaults.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field

from codetune.config.settings import Settings
from codetune.edits.blocks import diff_blocks, line_starts
from codetune.seeding import draw

__all__ = ["Moment", "SeriesSettings", "edit_series", "intermediate_states", "moments"]


class SeriesSettings(Settings):
    """How moments are drawn."""

    alpha: float = Field(1.0, gt=0)
    """Weight of a state is alpha to the power of its place; 1 draws evenly, less prefers early states."""
    max_per_sample: int = Field(1, ge=1)
    """At most so many moments of one history."""
    use_history_prob: float = Field(0.6, ge=0, le=1)
    """Probability that a moment has the states before it."""
    use_user_prob: float = Field(0.5, ge=0, le=1)
    """Probability that the programmer asks for something."""
    limit_one_block_prob: float = Field(0.5, ge=0, le=1)
    """Probability that a step between two versions is split into its blocks."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A programmer at work.

    Attributes:
        position: Place of the current state in its series, from 0.
        history: Earlier states, oldest first; empty where the moment is drawn without them.
        current: The state now.
        final: The last version of the file.
        asks: Whether the programmer asks for something; otherwise the next edit is to be guessed.
    """

    position: int
    history: tuple[str, ...]
    current: str
    final: str
    asks: bool


def intermediate_states(old: str, new: str, seed: int, key: str) -> list[str]:
    """The states from `old` to `new`, both included, one block changed at a time in a drawn order."""
    blocks = diff_blocks(old, new)
    text = f"{old}\n"
    starts = line_starts(old)
    pieces: list[str] = []  # unchanged text and blocks in turn, each line with its newline
    done = 0
    for block in blocks:
        start, end = starts[block.start], starts[block.end]
        pieces += [text[done:start], text[start:end]]
        done = end
    pieces.append(text[done:])
    order = list(range(len(blocks)))
    draw(seed, key, "blocks").shuffle(order)
    states = [old]
    for number in order:
        pieces[2 * number + 1] = "\n".join([*blocks[number].lines, ""])
        states.append("".join(pieces)[:-1])
    return states


def edit_series(versions: Sequence[str], settings: SeriesSettings, seed: int, key: str) -> list[str]:
    """The states before the last version, oldest first; equal neighbours are one state.

    Args:
        versions: Versions of one file, oldest first.
        settings: Only `limit_one_block_prob` is used.
        seed: The run's seed.
        key: The record's id.
    """
    states: list[str] = []
    for number, (old, new) in enumerate(itertools.pairwise(versions)):
        split = draw(seed, key, number, "split").random() < settings.limit_one_block_prob
        states += intermediate_states(old, new, seed, f"{key}:{number}")[:-1] if split else [old]
    return [state for number, state in enumerate(states) if number == 0 or state != states[number - 1]]


def moments(
    states: Sequence[str], final: str, settings: SeriesSettings, seed: int, key: str
) -> Iterator[Moment]:
    """Draw moments of a series, in the order in which they are drawn.

    A drawn state gives none, and takes no place of `max_per_sample`, where it is the empty beginning
    and nobody asks for anything, where history is wanted and there is none, or where it differs from
    the last version in white space alone.

    Args:
        states: From `edit_series`.
        final: The last version.
        settings: Probabilities and the number of moments.
        seed: The run's seed.
        key: The record's id; equal keys draw the same moments.
    """
    random = draw(seed, key, "moments")
    left = list(range(len(states)))
    found = 0
    while left and found < settings.max_per_sample:
        weights = _weights(left, settings.alpha)
        position = random.choices(left, weights=weights, k=1)[0]
        left.remove(position)
        with_history = random.random() < settings.use_history_prob
        asks = random.random() < settings.use_user_prob
        current = states[position]
        if position == 0 and (with_history or (not current.strip() and not asks)):
            continue
        if current.split() == final.split():
            continue
        yield Moment(position, tuple(states[:position]) if with_history else (), current, final, asks)
        found += 1


def _weights(places: Sequence[int], alpha: float) -> list[float]:
    # Only ratios count: the largest power is taken out, so that no alpha overflows.
    largest = max(places) if alpha > 1 else min(places)
    return [alpha ** (place - largest) + 1e-6 for place in places]
