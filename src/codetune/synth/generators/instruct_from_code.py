"""From code to an instruction that it answers, in two rounds (after CodeCapybara's pipeline).

    snippet ─▶ round one: the task that the code solves ─▶ is it a task, in the right language, for this code?
            ─▶ round two: a program around the code     ─▶ parses? unchanged? runs? takes branches, shows results?
            ─▶ evidence: a solution of the task alone behaves like the code
            ─▶ instruction = the task, output = the program

In round two the model does not copy the code. A strong model writes the program around it, a small
model fills slots with what the code lacks (docs/design/synthesis.md says why).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel

from codetune.code.languages import display_name
from codetune.code.parsing import is_parsed_language
from codetune.code.scopes import split_name
from codetune.records import Check, Generated, Instruction, Snippet
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import Shard
from codetune.synth.checks.code_preserved import CompletedProgram
from codetune.synth.checks.program_completion import complete
from codetune.synth.checks.program_evidence import program_checks
from codetune.synth.checks.program_writing import write_program
from codetune.synth.checks.snippet_text import SnippetView, shortened
from codetune.synth.checks.statement_evidence import SCORE_PROMPT, statement_checks
from codetune.synth.checks.statements import grounded_share, statement_fault
from codetune.synth.checks.task_text import gives_solution, names_another, text_fault
from codetune.synth.generator import rejected
from codetune.synth.options import InstructFromCodeOptions, Profile
from codetune.synth.python.statement_claims import hides_the_error, promises_a_result
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import CheckedAnswer, GenerationContext
from codetune.synth.runtime.rows import extended, joined, row_of_snippet
from codetune.synth.runtime.text_parsers import Tagged

__all__ = ["InstructFromCode", "Statement"]

_SPARE_TOKENS = 24
_CHARS_PER_WORD = 7


class Statement(BaseModel):
    """Round one's answer of a small model."""

    instruction: str


class Statements(BaseModel):
    """Round one's answer for several snippets, in their order."""

    instructions: list[str]


@dataclass(frozen=True)
class _Written:
    text: str
    generated: tuple[Generated, ...]
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class _StatementPlan:
    """What was drawn for one row: how its statement begins, how long it is, what it says."""

    opening: str
    length: str
    max_words: int
    with_io: bool


def _asked_for(view: SnippetView) -> str:
    """The name that a statement has to say: a constructor is known by its class."""
    if view.kind == "constructor" and view.owner:
        return split_name(view.owner)[-1]
    return view.own_name or ""


@dataclass(frozen=True)
class InstructFromCode:
    """See the module."""

    options: InstructFromCodeOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"

    name: ClassVar[str] = "instruct-from-code"
    summary: ClassVar[str] = "write the task that a snippet solves, then complete it to a program that runs"
    consumes: ClassVar[type[Snippet]] = Snippet
    produces: ClassVar[type[Instruction]] = Instruction
    runs_code: ClassVar[bool] = True
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "instruct_from_code": frozenset(
            {"kind", "name", "documentation", "code", "length", "opening", "with_io", "programming_language"}
        ),
        "instruct_from_code_many": frozenset({"snippets", "length", "programming_language"}),
        "complete_python": frozenset(
            {"path", "task", "code", "class_name", "missing", "attributes", "arguments"}
        ),
        "complete_code": frozenset({"task", "programming_language", "owner", "place", "code"}),
        "complete_program": frozenset(
            {"programming_language", "kind", "name", "owner", "place", "path", "task", "code", "mark"}
        ),
        "solve_statement": frozenset({"statement", "header"}),
        "solve_statement_code": frozenset({"statement", "header", "programming_language"}),
        **SCORE_PROMPT,
    }

    def items(self, records: Sequence[Snippet]) -> Iterator[tuple[Snippet, ...]]:
        """Alone, or as many of one programming language as are to share a request."""
        size = self.options.snippets_per_request
        groups: dict[str, list[Snippet]] = {}
        for record in records:
            group = groups.setdefault(record.programming_language, [])
            group.append(record)
            if len(group) == size:
                yield tuple(groups.pop(record.programming_language))
        for group in groups.values():
            yield tuple(group)

    async def make(self, item: tuple[Snippet, ...], context: GenerationContext) -> Shard[Instruction]:
        views = [SnippetView(snippet) for snippet in item]
        fitting = [view for view in views if self._fault(view) is None]
        shared = await self._together(fitting, context) if len(fitting) > 1 else {}
        made = await asyncio.gather(
            *(self._one(view, shared.get(view.snippet.id), context) for view in views)
        )
        return joined(made)

    async def _one(
        self, view: SnippetView, given: _Written | None, context: GenerationContext
    ) -> Shard[Instruction]:
        """Both rounds of one snippet; `given` is its statement where a shared request brought it."""
        row = self._row(view.snippet)
        try:
            fault = self._fault(view)
            if fault is not None:
                raise Rejection(*fault)
            if given is None:
                given = await self._statement(view, context)
        except Rejection as rejection:
            return rejected(self._checked(row, "statement", rejection), rejection)
        row = extended(
            row,
            instruction=given.text.strip(),
            generated=given.generated,
            checks=(*given.checks, Check(check="statement", verdict="passed")),
        )
        stated = row
        program: CompletedProgram | None = None
        step = "program"
        try:
            if self.options.complete:
                row, program = await self._program(row, view, context)
            if self.options.evidence != "off":
                step = "evidence"
                checks, generated = await statement_checks(
                    row.instruction, view, program, context, self.options
                )
                row = extended(row, generated=generated, checks=checks)
        except Rejection as rejection:
            if step == "program" and self.options.accept == "statement" and rejection.reason != "no answer":
                # The code as it was found, and no lineage about a program that is not there.
                return Shard((self._checked(stated, "program", rejection),))
            return rejected(self._checked(row, step, rejection), rejection)
        return Shard((row,))

    async def _program(
        self, row: Instruction, view: SnippetView, context: GenerationContext
    ) -> tuple[Instruction, CompletedProgram]:
        """Round two: the row with its program, and the program as it ran."""
        program: CompletedProgram
        asked: CheckedAnswer[Any] | None
        if self.profile == "small":
            program, asked = await complete(view, row.instruction, context, self.options)
        else:
            program, asked = await write_program(view, row.instruction, context, self.options)
        row = extended(row, output=program.text)
        if asked is not None:
            row = extended(row, generated=asked.generated("output"), checks=asked.checks())
        held = tuple(Check(check=name, verdict="passed") for name in ("parses", "original code unchanged"))
        checks = await program_checks(program, view, context, self.options)
        return extended(row, checks=(*held, *checks)), program

    def _fault(self, view: SnippetView) -> tuple[str, str] | None:
        """Why a snippet is not worth a request."""
        if not is_parsed_language(view.language):
            return "language not supported", view.language
        if len(view.code) > self.options.max_code_chars:
            return "snippet too long", f"{len(view.code)} characters"
        if view.own_name is None:
            return "snippet without a name", ""
        if self.options.min_documented and not view.documentation:
            return "no documentation", "min_documented is above 0, and nothing says what the code is for"
        return None

    def _row(self, snippet: Snippet) -> Instruction:
        return row_of_snippet(
            snippet, task="code_generation", language=self.language, tag=self.name, output=snippet.code
        )

    @staticmethod
    def _checked(row: Instruction, check: str, rejection: Rejection) -> Instruction:
        verdict = "not run" if rejection.reason in ("no answer", "request refused") else "failed"
        return extended(row, checks=(Check(check=check, verdict=verdict, detail=rejection.reason),))

    def _plan(self, view: SnippetView, prompt: Mapping[str, Any]) -> _StatementPlan:
        dice = draw(self.seed, view.snippet.id, "statement")
        openings = prompt["openings"]
        # A folder of one's own prompts may know functions and methods alone.
        opening = dice.choice(openings.get(view.kind) or openings["method"]).format(
            lang=display_name(view.language), name=view.own_name, of=self._of(view)
        )
        fitting = [entry for entry in prompt["lengths"] if entry["words"] <= self.options.max_words]
        length = dice.choice(fitting or prompt["lengths"][:1])
        with_io = dice.random() < self.options.input_output_share
        return _StatementPlan(opening, length["text"], min(self.options.max_words, length["words"]), with_io)

    def _of(self, view: SnippetView) -> str:
        if view.owner is None:
            return ""
        typed = view.language in ("go", "rust")
        if self.language == "en":
            return f" of the {'type' if typed else 'class'} `{view.owner}`"
        return f"（属于{'类型' if typed else '类'} `{view.owner}`）"

    def _shown(self, view: SnippetView, plan: _StatementPlan) -> dict[str, Any]:
        return {
            "kind": view.kind,
            "name": view.snippet.name,
            "documentation": view.documentation,
            "code": shortened(view.undocumented, self.options.code_chars),
            "length": plan.length,
            "opening": plan.opening,
            "with_io": plan.with_io,
            "programming_language": display_name(view.language),
        }

    @staticmethod
    def _ground(view: SnippetView) -> str:
        return f"{view.snippet.name}\n{view.snippet.docstring or ''}\n{view.code}\n{view.snippet.path}"

    def _statement_fault(self, view: SnippetView, statement: str) -> tuple[str, str] | None:
        words = (self.options.min_words, self.options.max_words)
        if self.profile == "small":
            return statement_fault(
                statement,
                language=self.language,
                words=words,  # the drawn length only steers
                must_name=(_asked_for(view),),
                body=view.undocumented,
                ground=self._ground(view),
                min_grounded=self.options.min_grounded,
            )
        fault = text_fault(statement, language=self.language, words=words)
        if fault is not None:
            return fault
        if gives_solution(statement, view.undocumented):
            return "solution in the statement", "the statement may not hold the code"
        other = names_another(
            statement, view.own_name or "", *view.identifiers, *(view.owner or "").split(".")
        )
        if other is not None:
            return "names another function", f"it asks for `{other}`, not for `{view.own_name}`"
        share = grounded_share(statement, self._ground(view)) if self.options.min_grounded else 1.0
        if share < self.options.min_grounded:
            return "not about the code", f"only {share:.0%} of its words occur in the code"
        return None

    def _checked_statement(
        self, view: SnippetView, statement: str, shown: Mapping[str, Any], context: GenerationContext
    ) -> tuple[str, str] | None:
        fault = self._statement_fault(view, statement)
        if fault is not None:
            return fault
        question = f"{self._ground(view)}\n{shown['opening']}\n{shown['documentation']}"
        words = context.prompts["instruct_from_code"].borrowed(statement, question)
        if words is not None:
            return "prompt's example repeated", f"`{words}` is about an example"
        if promises_a_result(statement, view.tree, view.documentation or ""):
            return "promises a result", "the code never returns a value"
        if hides_the_error(statement, view.tree):
            return "hides the error", "all that the code does is to raise an error"
        if self.options.min_documented and self.language == "en":
            told = (
                f"{view.snippet.name}\n{view.snippet.docstring}\n{view.undocumented.lstrip().splitlines()[0]}"
            )
            share = grounded_share(statement, told)
            if share < self.options.min_documented:
                return "not as documented", f"only {share:.0%} of its words occur in the documentation"
        return None

    async def _statement(self, view: SnippetView, context: GenerationContext) -> _Written:
        plan = self._plan(view, context.prompts["instruct_from_code"].extras)
        shown = self._shown(view, plan)
        if self.profile == "small":
            limits = {"instruction": {"maxLength": plan.max_words * _CHARS_PER_WORD}}
            asked = await context.ask(
                "instruct_from_code",
                JsonObject(Statement, limits),
                shown,
                row=view.snippet.id,
                max_new_tokens=2 * plan.max_words + _SPARE_TOKENS,
                may_cut="code",
                check=lambda answer: self._checked_statement(view, answer.instruction, shown, context),
            )
            return _Written(asked.value.instruction, asked.generated("instruction"), asked.checks())
        reply = await context.ask(
            "instruct_from_code",
            Tagged(("instruction",)),
            shown,
            row=view.snippet.id,
            temperature=0.3,
            may_cut="code",
            check=lambda answer: self._checked_statement(view, answer["instruction"], shown, context),
        )
        statement = reply.value["instruction"]
        checks = reply.checks()
        if self.language == "en":
            share = grounded_share(statement, self._ground(view))
            note = Check(check="words shared with the code", verdict="passed", detail=f"{share:.0%}")
            checks = (*checks, note)
        return _Written(statement, reply.generated("instruction"), checks)

    async def _together(
        self, views: Sequence[SnippetView], context: GenerationContext
    ) -> dict[str, _Written]:
        """Statements of several snippets from one request; those that are invalid are asked alone."""
        extras = context.prompts["instruct_from_code"].extras
        plans = [self._plan(view, extras) for view in views]
        longest = max(plans, key=lambda plan: plan.max_words)
        limits = {"instructions": {"minItems": len(views), "maxItems": len(views)}}
        try:
            asked = await context.ask(
                "instruct_from_code_many",
                JsonObject(Statements, limits),
                {
                    "snippets": [self._shown(v, plan) for v, plan in zip(views, plans, strict=True)],
                    "length": longest.length,
                    "programming_language": display_name(views[0].language),
                },
                row=views[0].snippet.id,
                max_new_tokens=len(views) * (2 * longest.max_words + _SPARE_TOKENS),
                check=lambda answer: (
                    None
                    if len(answer.instructions) == len(views)
                    else ("wrong number", f"{len(views)} tasks are wanted")
                ),
            )
        except Rejection:
            return {}
        return {
            view.snippet.id: _Written(text, asked.generated("instruction"), asked.checks())
            for view, text in zip(views, asked.value.instructions, strict=True)
            if self._statement_fault(view, text) is None
        }
