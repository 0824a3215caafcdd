"""Code that does not parse: checked where the row's answer is code, whole and in a known language."""

from __future__ import annotations

from codetune.code.languages import PARSED_LANGUAGES
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
    if task is None or task.answer != "code" or task.name in _FRAGMENTS:
        return None
    blocks = [block.code for block in fenced_blocks(row.output) if block.closed]
    return "\n".join(blocks) if blocks else row.output


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
