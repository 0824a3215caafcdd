"""Tags of rows that a source worded: read off the code in the answer, or else in the input."""

from __future__ import annotations

from codetune.code.functions import functions
from codetune.code.languages import PARSED_LANGUAGES
from codetune.code.parsing import parses
from codetune.records import Instruction
from codetune.tasks.tagging.tags import tags_of
from codetune.text.fences import first_block

__all__ = ["row_tags"]


def row_tags(row: Instruction) -> tuple[str, ...]:
    """`paradigm:...` and `level:...` of a row that has none; nothing where no function stands in it.

    Args:
        row: With its programming language; without one nothing is read.
    """
    language = row.programming_language
    if language not in PARSED_LANGUAGES or any(tag.startswith("paradigm:") for tag in row.tags):
        return ()
    for text in (row.output, row.input):
        code = first_block(text)
        if code.strip() and parses(code, language) and any(True for _ in functions(code, language)):
            return tags_of(code, language)
    return ()
