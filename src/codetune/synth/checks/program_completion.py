"""Round two: from code that can't run alone to a program that may."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from codetune.code.docstrings import without_docstring
from codetune.code.languages import display_name
from codetune.code.parsing import parses
from codetune.records import Snippet
from codetune.rejection import Rejection
from codetune.synth.checks.program_layout import assemble
from codetune.synth.checks.snippet_text import own_name, owner_name, shortened
from codetune.synth.options import InstructFromCodeOptions
from codetune.synth.python.free_names import Needs, python_needs
from codetune.synth.python.program import assemble_python, python_slots
from codetune.synth.runtime.answer_parsers import InvalidAnswerError, JsonObject
from codetune.synth.runtime.generation_context import CheckedAnswer, GenerationContext

__all__ = ["complete"]

_TOKENS_PER_SLOT = 48


async def complete(
    snippet: Snippet, statement: str, context: GenerationContext, options: InstructFromCodeOptions
) -> tuple[str, CheckedAnswer[Any] | None]:
    """Ask for what the code lacks and put the program together.

    Returns:
        The program, and the answer with what is new in it (None, where nothing was missing).

    Raises:
        Rejection: The code can't stand alone, or no valid answer came.
    """
    if snippet.programming_language != "python":
        return await _complete_other(snippet, statement, context, options)
    needs = python_needs(snippet.code, snippet.name)
    if needs is None:
        raise Rejection("can't stand alone", "not a single function that can be called")
    slots = python_slots(needs)
    if slots is None:
        return assemble_python(snippet.code, needs, {}), None
    asked = await context.ask(
        "complete_python",
        slots,
        _shown(snippet, statement, needs, options),
        row=snippet.id,
        max_new_tokens=32 + _TOKENS_PER_SLOT * sum(len(group) for group in slots.groups.values()),
    )
    return assemble_python(snippet.code, needs, asked.value), asked


class Lacking(BaseModel):
    """What code of another language lacks; free text, for there is no analysis of it here."""

    imports: str
    definitions: str
    example: str


async def _complete_other(
    snippet: Snippet, statement: str, context: GenerationContext, options: InstructFromCodeOptions
) -> tuple[str, CheckedAnswer[Any] | None]:
    def program(answer: Lacking) -> str:
        return assemble(
            snippet.programming_language,
            snippet.code,
            name=own_name(snippet) or "",
            owner=owner_name(snippet),
            imports=answer.imports,
            definitions=answer.definitions,
            example=answer.example,
        )

    def fault(answer: Lacking) -> tuple[str, str] | None:
        try:
            whole = program(answer)
        except InvalidAnswerError as error:
            return error.reason, error.detail
        if not parses(whole, snippet.programming_language):
            return "does not parse", "the program made of these parts is not valid code"
        return None

    asked = await context.ask(
        "complete_code",
        JsonObject(Lacking),
        {
            "task": statement,
            "programming_language": display_name(snippet.programming_language),
            "owner": owner_name(snippet),
            "code": shortened(snippet.code, options.code_chars),
        },
        row=snippet.id,
        max_new_tokens=384,
        check=fault,
    )
    return program(asked.value), asked


def _shown(
    snippet: Snippet, statement: str, needs: Needs, options: InstructFromCodeOptions
) -> dict[str, object]:
    return {
        "path": snippet.path,
        "task": statement,
        "code": shortened(without_docstring(snippet.code, snippet.programming_language), options.code_chars),
        "class_name": needs.class_name,
        "missing": list(needs.missing),
        "attributes": list(needs.attributes),
        "arguments": [
            f"{name}: {need.annotation}" if need.annotation is not None else name
            for name, need in needs.arguments.items()
        ],
    }
