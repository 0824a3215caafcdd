"""Round two for a small model: it fills slots with what the code lacks, and the program is put together here.

A strong model writes the program itself: `synth.checks.program_writing`.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from codetune.code.languages import display_name
from codetune.rejection import Rejection
from codetune.synth.checks.code_preserved import CompletedProgram, completed
from codetune.synth.checks.program_layout import Parts, assemble, place_of
from codetune.synth.checks.snippet_text import SnippetView, shortened
from codetune.synth.options import InstructFromCodeOptions
from codetune.synth.python.free_names import Needs, python_needs
from codetune.synth.python.program import assemble_python, python_slots
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import CheckedAnswer, GenerationContext
from codetune.synth.runtime.raw_answers import InvalidAnswerError

__all__ = ["complete"]

_TOKENS_PER_SLOT = 48


async def complete(
    view: SnippetView, statement: str, context: GenerationContext, options: InstructFromCodeOptions
) -> tuple[CompletedProgram, CheckedAnswer[Any] | None]:
    """Ask for what the code lacks and put the program together.

    Returns:
        The program, and the answer with what is new in it (None, where nothing was missing).

    Raises:
        Rejection: The code can't stand alone, or no valid answer came.
    """
    if view.language != "python":
        return await _complete_other(view, statement, context, options)
    needs = python_needs(view.code, view.snippet.name, view.tree)
    if needs is None:
        raise Rejection("can't stand alone", "not a single function that can be called")
    slots = python_slots(needs)
    if slots is None:
        return completed(assemble_python(view.code, needs, {}), view), None
    asked = await context.ask(
        "complete_python",
        slots,
        _shown(view, statement, needs, options),
        row=view.snippet.id,
        max_new_tokens=32 + _TOKENS_PER_SLOT * sum(len(group) for group in slots.groups.values()),
    )
    return completed(assemble_python(view.code, needs, asked.value), view), asked


class Lacking(BaseModel):
    """What code of another language lacks; free text, for there is no analysis of it here."""

    imports: str
    definitions: str
    members: str = ""
    around: str = ""
    example: str


async def _complete_other(
    view: SnippetView, statement: str, context: GenerationContext, options: InstructFromCodeOptions
) -> tuple[CompletedProgram, CheckedAnswer[Any] | None]:
    def program(answer: Lacking) -> str:
        return assemble(view, Parts(**answer.model_dump()))

    def fault(answer: Lacking) -> tuple[str, str] | None:
        try:
            completed(program(answer), view)
        except InvalidAnswerError as error:
            return error.reason, error.detail
        return None

    asked = await context.ask(
        "complete_code",
        JsonObject(Lacking),
        {
            "task": statement,
            "programming_language": display_name(view.language),
            "owner": view.owner,
            "place": place_of(view),
            "code": shortened(view.code, options.code_chars),
        },
        row=view.snippet.id,
        max_new_tokens=384,
        check=fault,
    )
    return completed(program(asked.value), view), asked


def _shown(
    view: SnippetView, statement: str, needs: Needs, options: InstructFromCodeOptions
) -> dict[str, object]:
    return {
        "path": view.snippet.path,
        "task": statement,
        "code": shortened(view.undocumented, options.code_chars),
        "class_name": needs.class_name,
        "missing": list(needs.missing),
        "attributes": list(needs.attributes),
        "arguments": [
            f"{name}: {need.annotation}" if need.annotation is not None else name
            for name, need in needs.arguments.items()
        ],
    }
