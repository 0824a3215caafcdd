"""Code that does not parse: checked where the row's answer is code, whole and in a known language."""

from __future__ import annotations

from codetune.code.language_of_text import language_of_text, sentences
from codetune.code.languages import PARSED_LANGUAGES, display_name
from codetune.code.parsing import parses
from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.tasks.registry import TASKS
from codetune.text.fences import fenced_blocks

__all__ = ["answer_code", "check_syntax"]

_FRAGMENTS = frozenset({"code_completion", "edit"})
"""Tasks whose answer is part of a program by design; it need not parse alone."""


def answer_code(row: Instruction) -> str | None:
    """The program a row's output holds: its fenced blocks, or all of it; None where it is prose."""
    task = TASKS.get(row.task)
    if task is not None and task.name == "instruction_following":
        return _whole_answer(row)
    if task is None or task.answer != "code" or task.name in _FRAGMENTS:
        return None
    blocks = [block.code for block in fenced_blocks(row.output) if block.closed]
    return "\n".join(blocks) if blocks else row.output


def _whole_answer(row: Instruction) -> str | None:
    """An answer in the source's own words, where it is code from its first line to its last."""
    language = row.programming_language
    if language is None or "```" in row.output or sentences(row.output):
        return None
    told = language_of_text(row.output, f"a {display_name(language)} program")
    return row.output if told == language else None


def check_syntax(row: Instruction) -> Rejection | None:
    """Reject a row whose answer is code that does not parse; an unknown language is not checked."""
    code = answer_code(row)
    if code is None or row.programming_language not in PARSED_LANGUAGES:
        return None
    if not code.strip():
        return Rejection("empty answer")
    if not parses(code, row.programming_language):
        return Rejection("does not parse", f"as {row.programming_language}")
    return None
