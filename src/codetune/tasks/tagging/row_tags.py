"""Tags of rows that a source worded: read off the code in the answer, or else in the input."""

from __future__ import annotations

from collections.abc import Sequence

from codetune.code.functions import functions
from codetune.code.languages import PARSED_LANGUAGES
from codetune.code.parsing import parses
from codetune.records import Instruction
from codetune.tasks.tagging.tags import tags_of
from codetune.text.fences import first_block

__all__ = ["row_tags", "tags_of_texts"]


def row_tags(row: Instruction) -> tuple[str, ...]:
    """`paradigm:...` and `level:...` of a row that has none; nothing where no function stands in it.

    Args:
        row: With its programming language; without one nothing is read.
    """
    return tags_of_texts(row.programming_language, row.output, row.input, row.tags)


def tags_of_texts(
    programming_language: str | None, output: str, given: str, tags: Sequence[str]
) -> tuple[str, ...]:
    """The same for the fields of a row that is no object yet.

    Args:
        programming_language: Lower-case name, or None.
        output: The answer, with code fences or as code alone.
        given: The row's `input`.
        tags: What it is tagged with already.
    """
    if programming_language not in PARSED_LANGUAGES or any(tag.startswith("paradigm:") for tag in tags):
        return ()
    for text in (output, given):
        code = first_block(text)
        if (
            code.strip()
            and parses(code, programming_language)
            and any(True for _ in functions(code, programming_language))
        ):
            return tags_of(code, programming_language)
    return ()
