"""Whether a solution of the statement alone behaves like the code, in any language that the sandbox runs but Python.

program ─▶ prints A        program with the solution in the code's place ─▶ prints B        share of lines that are equal

The calls are those of the program, which the model wrote. Assertions are taken out of both, so that one that fails
does not hide the rest; where nothing is printed then, they decide. For Python, where each call is compared, see
`synth.checks.statement_evidence`.
"""

from __future__ import annotations

import asyncio
import re

from codetune.code.languages import display_name
from codetune.records import Check, Generated, Verdict
from codetune.rejection import Rejection
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.languages.evidence import ended_well, run_in_language, same_lines, stable_lines
from codetune.synth.languages.given_code import GivenCode, given_code
from codetune.synth.languages.substitution import header, substituted, without_asserts
from codetune.synth.options import InstructFromCodeOptions
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.text_parsers import CodeBlock

__all__ = ["agreement_in_language"]

_STATIC = re.compile(r"\bstatic\b")


async def agreement_in_language(
    statement: str,
    view: SnippetView,
    text: str,
    context: GenerationContext,
    options: InstructFromCodeOptions,
) -> tuple[tuple[Check, ...], tuple[Generated, ...]] | None:
    """Compare the code with a solution of the statement alone.

    Args:
        statement: The task.
        view: The code.
        text: The completed program, whose calls are repeated.
        context: The model and the sandbox.
        options: How much has to agree.

    Returns:
        A check for the lineage and who wrote the solution; None where nothing can be compared: a member of an
        object, no solution, one that does not compile in the code's place, no toolchain.

    Raises:
        Rejection: Less agrees than the options ask for.
    """
    given = given_code(text, view.code.removeprefix("<?php"), view.language)
    head = header(given) if given is not None else None
    if given is None or head is None or not (view.owner is None or _STATIC.search(head)):
        return None
    bare, lines = await _printed(given, view, context, options)
    if bare is None:
        return None
    try:
        asked = await context.ask(
            "solve_statement_code",
            CodeBlock(view.language),
            {"statement": statement, "header": head, "programming_language": display_name(view.language)},
            row=view.snippet.id,
            max_new_tokens=2048 + len(view.code),
        )
    except Rejection:
        return None  # no solution is no evidence; the score decides
    other = substituted(bare, asked.value, view.own_name or "")
    if other is None:
        return None
    ran = await run_in_language(other, view, context, options)
    if ran.verdict is Verdict.COMPILE or not ran.verdict.is_about_the_program:
        return None
    if lines:
        same = same_lines(lines, ran)
        printed = [line for line in lines if line is not None]
        detail = f"{sum(same)} of {len(same)} printed lines"
        if not all(same):
            detail += f"; the code prints `{printed[same.index(False)][:120]}`"
    else:
        same = [ended_well(ran)]
        detail = f"{sum(same)} of 1 programs of assertions" + ("" if same[0] else f"; {ran.detail[:200]}")
    if sum(same) / len(same) < options.min_agreement:
        raise Rejection(
            "statement asks for something else", f"a solution of the statement agrees on {detail}"
        )
    check = Check(check="a solution of the statement behaves like the code", verdict="passed", detail=detail)
    return (check,), asked.generated("evidence")


async def _printed(
    given: GivenCode, view: SnippetView, context: GenerationContext, options: InstructFromCodeOptions
) -> tuple[GivenCode | None, list[str | None]]:
    """The program whose lines are compared, and its lines; none of them where its assertions decide."""
    for tried in (without_asserts(given), given):
        whole = tried.program.decode("utf-8", "replace")
        runs = await asyncio.gather(
            run_in_language(whole, view, context, options), run_in_language(whole, view, context, options, 1)
        )
        if all(ended_well(ran) for ran in runs):
            lines = stable_lines(*runs)
            if any(line is not None for line in lines):
                return tried, lines
            if tried is given and not lines:
                return given, []
    return None, []
