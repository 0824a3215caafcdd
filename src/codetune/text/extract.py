"""From what a model wrote to a program: several readings, each by name, none that deletes code.

The strict reading takes the answer as the prompt asked for it; the lenient one takes the first
reading that parses. A score under both is an interval: how much of it is the reading's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from codetune.code.languages import canonical_language
from codetune.code.parsing import is_parsed_language, parses
from codetune.text.fences import fenced_blocks

__all__ = ["Extraction", "extract"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """A program read out of an answer.

    Attributes:
        code: The program; empty where there is none.
        extractor: Which reading gave it: `labelled-block`, `block`, `last-block`, `open-block`,
            `any-block`, `whole-text`, `continuation`, or `none`.
        fault: Why an answer that had to be applied to a file could not be; "" otherwise.
    """

    code: str
    extractor: str
    fault: str = ""


def _readings(text: str, language: str) -> Iterator[Extraction]:
    blocks = fenced_blocks(text)
    labelled = [b for b in blocks if canonical_language(b.label) == language]
    for block in labelled[:1]:
        yield Extraction(block.code, "labelled-block" if block.closed else "open-block")
    plain = [b for b in blocks if not b.label]
    for block in plain[:1]:
        yield Extraction(block.code, "block" if block.closed else "open-block")
    if blocks:
        yield Extraction(blocks[-1].code, "last-block")
        # Reached by the lenient reading alone: any block that is the language after all.
        yield from (Extraction(block.code, "any-block") for block in blocks)
    else:
        yield Extraction(text, "whole-text")


def extract(
    text: str, *, language: str = "python", lenient: bool = False, holds: Callable[[str], bool] | None = None
) -> Extraction:
    """Read a program out of an answer.

    Args:
        text: What the model wrote.
        language: What the program has to be written in.
        lenient: Take the first reading that parses (and `holds`), over the one asked for.
        holds: A further condition on a lenient reading, e.g. that it defines the function.

    Returns:
        The strict reading: the first block labelled with the language, else the first unlabelled
        one, else the last block, else the whole text. With `lenient`, the first of these that
        parses; the strict one if none does.
    """
    readings = [reading for reading in _readings(text, language) if reading.code.strip()]
    if not readings:
        return Extraction("", "none")
    if lenient:
        for reading in readings:
            fits = not is_parsed_language(language) or parses(reading.code, language)
            if fits and (holds is None or holds(reading.code)):
                return reading
    return readings[0]
