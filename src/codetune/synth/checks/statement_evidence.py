"""Whether a statement asks for this code: evidence from behaviour, or from a score where nothing runs.

statement alone ─▶ a solution ─▶ run on the calls that the program makes of the code ─▶ share of equal results
"""

from __future__ import annotations

import ast

from pydantic import BaseModel, field_validator

from codetune.code.languages import display_name
from codetune.execution.protocol import Limits, Program
from codetune.records import Check, Generated
from codetune.rejection import Rejection
from codetune.synth.checks.code_preserved import CompletedProgram
from codetune.synth.checks.program_evidence import harness_program, report_of
from codetune.synth.checks.snippet_text import SnippetView, shortened
from codetune.synth.languages.agreement import agreement_in_language
from codetune.synth.options import InstructFromCodeOptions
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.text_parsers import CodeBlock

__all__ = ["SCALES", "SCORE_PROMPT", "ScoreOfText", "score_text", "statement_checks"]


SCORE_PROMPT: dict[str, frozenset[str]] = {"score_text": frozenset({"text", "code", "programming_language"})}
"""The prompt that `score_text` asks, for a generator's `prompts`."""


SCALES = {"score": {"enum": [1, 2, 3, 4, 5]}, "difficulty": {"enum": [1, 2, 3, 4, 5]}}
"""Schema keywords of `ScoreOfText`."""


class ScoreOfText(BaseModel):
    """How well a text fits the code, from 1 (about something else) to 5."""

    reason: str
    score: int
    difficulty: int = 0
    """From 1 to 5, of what the text asks; 0 where the model gave none, which is no fault."""

    @field_validator("difficulty", mode="before")
    @classmethod
    def _or_none_given(cls, value: object) -> object:
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def checks(self, name: str) -> tuple[Check, ...]:
        """Lineage entries of a score that was high enough."""
        told = Check(check=name, verdict="passed", detail=f"score {self.score} of 5: {self.reason.strip()}")
        if not 1 <= self.difficulty <= 5:
            return (told,)
        return told, Check(check="difficulty", verdict="passed", detail=f"{self.difficulty} of 5")


async def score_text(
    text: str,
    code: str,
    programming_language: str,
    row: str,
    least: int,
    context: GenerationContext,
    reason: str = "scored as not about the code",
) -> tuple[tuple[Check, ...], tuple[Generated, ...]]:
    """Ask for a score of a text about code.

    Returns:
        Checks for the lineage, with the reason and the difficulty, and who gave them.

    Raises:
        Rejection: The score is too low.
    """
    asked = await context.ask(
        "score_text",
        JsonObject(ScoreOfText, SCALES),
        {"text": text, "code": code, "programming_language": display_name(programming_language)},
        row=row,
        max_new_tokens=512,
        check=lambda answer: None if 1 <= answer.score <= 5 else ("wrong score", "the score is from 1 to 5"),
    )
    score, why = asked.value.score, asked.value.reason.strip()
    if score < least:
        raise Rejection(reason, f"score {score} of 5: {why}")
    return asked.value.checks("about the code"), asked.generated("score")


async def statement_checks(
    statement: str,
    view: SnippetView,
    program: CompletedProgram | None,
    context: GenerationContext,
    options: InstructFromCodeOptions,
) -> tuple[tuple[Check, ...], tuple[Generated, ...]]:
    """Evidence that a statement asks for the code.

    Args:
        statement: The task.
        view: The code.
        program: The completed program, whose calls are repeated; None where none was made or run.
        context: The model and the sandbox.
        options: What evidence is asked for, and how much.

    Raises:
        Rejection: The evidence is against it.
    """
    if options.evidence == "run" and program is not None and view.language != "python":
        compared = await agreement_in_language(statement, view, program.text, context, options)
        if compared is not None:
            return compared
    function = program.definition if program is not None else None
    if options.evidence == "run" and isinstance(function, ast.FunctionDef) and view.owner is None:
        found = await _agreement(statement, view, program, function, context, options)
        if found is not None:
            return found
    shown = shortened(view.code, options.code_chars)
    return await score_text(statement, shown, view.language, view.snippet.id, options.min_score, context)


async def _agreement(
    statement: str,
    view: SnippetView,
    program: CompletedProgram | None,
    function: ast.FunctionDef,
    context: GenerationContext,
    options: InstructFromCodeOptions,
) -> tuple[tuple[Check, ...], tuple[Generated, ...]] | None:
    assert program is not None
    try:
        asked = await context.ask(
            "solve_statement",
            CodeBlock("python"),
            {"statement": statement, "header": f"def {function.name}({ast.unparse(function.args)}):"},
            row=view.snippet.id,
            max_new_tokens=2048 + len(view.code),
        )
    except Rejection:
        return None  # no solution is no evidence; the score decides
    text, mark = harness_program(
        "agreement_harness",
        view.snippet.id,
        f"compare({program.text!r}, {function.lineno}, {asked.value!r}, {function.name!r}, MARK)",
    )
    limits = Limits(cpu_seconds=2 * options.cpu_seconds)
    report = report_of(await context.run(Program(id=view.snippet.id, code=text, limits=limits)), mark)
    if report is None or not report["compared"]:
        return None
    share = report["agreed"] / report["compared"]
    detail = f"{report['agreed']} of {report['compared']} calls" + (
        f"; {report['first']}" if report["first"] else ""
    )
    if share < options.min_agreement:
        raise Rejection(
            "statement asks for something else", f"a solution of the statement agrees on {detail}"
        )
    check = Check(check="a solution of the statement behaves like the code", verdict="passed", detail=detail)
    return (check,), asked.generated("evidence")
