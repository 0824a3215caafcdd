"""From code to an instruction that it answers, in two rounds (after CodeCapybara's pipeline).

    snippet ─▶ round one: the task that the code solves ─▶ is it one? about this code?
            ─▶ round two: what the code lacks to run    ─▶ parses? unchanged? runs?
            ─▶ instruction = the task, output = the program

In round two the model doesn't copy the code: it writes what is missing, and the program is put
together around the code as it was found (docs/design/synthesis.md says why).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel

from codetune.code.docstrings import without_docstring
from codetune.code.languages import display_name
from codetune.code.parsing import is_parsed_language, parses
from codetune.execution.protocol import Limits, Program
from codetune.records import Check, Generated, Instruction, Snippet, Verdict
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import Shard
from codetune.synth.checks.code_preserved import holds_unchanged
from codetune.synth.checks.program_completion import complete
from codetune.synth.checks.snippet_text import (
    documentation_in_short,
    own_name,
    owner_name,
    shortened,
)
from codetune.synth.checks.statements import statement_fault
from codetune.synth.generator import rejected
from codetune.synth.options import InstructFromCodeOptions
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import CheckedAnswer, GenerationContext
from codetune.synth.runtime.rows import extended, joined, row_of_snippet

__all__ = ["InstructFromCode", "Statement"]

_SPARE_TOKENS = 24
_CHARS_PER_WORD = 7


class Statement(BaseModel):
    """Round one's answer."""

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
    """How one row is asked for its statement."""

    opening: str
    length: str
    max_words: int
    with_io: bool


@dataclass(frozen=True)
class InstructFromCode:
    """See the module."""

    options: InstructFromCodeOptions
    language: str = "en"
    seed: int = 0

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
        "complete_code": frozenset({"task", "programming_language", "owner", "code"}),
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
        fitting = [snippet for snippet in item if self._fault(snippet) is None]
        shared = await self._together(fitting, context) if len(fitting) > 1 else {}
        made = await asyncio.gather(
            *(self._one(snippet, shared.get(snippet.id), context) for snippet in item)
        )
        return joined(made)

    async def _one(
        self, snippet: Snippet, given: _Written | None, context: GenerationContext
    ) -> Shard[Instruction]:
        """Both rounds of one snippet; `given` is its statement where a shared request brought it."""
        row = self._row(snippet)
        try:
            fault = self._fault(snippet)
            if fault is not None:
                raise Rejection(*fault)
            if given is None:
                asked = await self._statement(snippet, context)
                given = _Written(asked.value.instruction, asked.generated("instruction"), asked.checks())
        except Rejection as rejection:
            return rejected(self._checked(row, "statement", rejection), rejection)
        row = extended(
            row,
            instruction=given.text.strip(),
            generated=given.generated,
            checks=(*given.checks, Check(check="statement", verdict="passed")),
        )
        if not self.options.complete:
            return Shard((row,))
        stated = row
        try:
            program, completed = await complete(snippet, row.instruction, context, self.options)
            row = extended(row, output=program)
            if completed is not None:
                row = extended(row, generated=completed.generated("output"), checks=completed.checks())
            row = extended(row, checks=await self._checks(row, snippet, context))
        except Rejection as rejection:
            if self.options.accept == "statement" and rejection.reason != "no answer":
                # The code as it was found, and not a word of lineage about a program that isn't there.
                return Shard((self._checked(stated, "program", rejection),))
            return rejected(self._checked(row, "program", rejection), rejection)
        return Shard((row,))

    def _fault(self, snippet: Snippet) -> tuple[str, str] | None:
        """Why a snippet is not worth a request."""
        if not is_parsed_language(snippet.programming_language):
            return "language not supported", snippet.programming_language
        if len(snippet.code) > self.options.max_code_chars:
            return "snippet too long", f"{len(snippet.code)} characters"
        if own_name(snippet) is None:
            return "snippet without a name", ""
        return None

    def _row(self, snippet: Snippet) -> Instruction:
        return row_of_snippet(
            snippet, task="code_generation", language=self.language, tag=self.name, output=snippet.code
        )

    @staticmethod
    def _checked(row: Instruction, check: str, rejection: Rejection) -> Instruction:
        verdict = "not run" if rejection.reason in ("no answer", "request refused") else "failed"
        return extended(row, checks=(Check(check=check, verdict=verdict, detail=rejection.reason),))

    def _form(self, snippet: Snippet, prompt: Mapping[str, Any]) -> _StatementPlan:
        dice = draw(self.seed, snippet.id, "statement")
        owner = owner_name(snippet)
        opening = dice.choice(prompt["openings"]["method" if owner else "function"]).format(
            lang=display_name(snippet.programming_language),
            name=own_name(snippet),
            of=self._of(owner),
        )
        fitting = [entry for entry in prompt["lengths"] if entry["words"] <= self.options.max_words]
        length = dice.choice(fitting or prompt["lengths"][:1])
        with_io = dice.random() < self.options.input_output_share
        return _StatementPlan(opening, length["text"], min(self.options.max_words, length["words"]), with_io)

    def _of(self, owner: str | None) -> str:
        if owner is None:
            return ""
        return f" of the class `{owner}`" if self.language == "en" else f"（属于类 `{owner}`）"

    def _shown(self, snippet: Snippet, form: _StatementPlan) -> dict[str, Any]:
        return {
            "kind": "method" if owner_name(snippet) else "function",
            "name": snippet.name,
            "documentation": documentation_in_short(snippet),
            "code": shortened(
                without_docstring(snippet.code, snippet.programming_language), self.options.code_chars
            ),
            "length": form.length,
            "opening": form.opening,
            "with_io": form.with_io,
            "programming_language": display_name(snippet.programming_language),
        }

    def _statement_fault(self, snippet: Snippet, statement: str) -> tuple[str, str] | None:
        return statement_fault(
            statement,
            language=self.language,
            # What is drawn steers; what is refused is only what the settings rule out.
            words=(self.options.min_words, self.options.max_words),
            must_name=(own_name(snippet) or "",),
            body=without_docstring(snippet.code, snippet.programming_language),
            ground=f"{snippet.name}\n{snippet.docstring or ''}\n{snippet.code}\n{snippet.path}",
            min_grounded=self.options.min_grounded,
        )

    async def _statement(self, snippet: Snippet, context: GenerationContext) -> CheckedAnswer[Statement]:
        form = self._form(snippet, context.prompts["instruct_from_code"].extras)
        return await context.ask(
            "instruct_from_code",
            JsonObject(Statement, {"instruction": {"maxLength": form.max_words * _CHARS_PER_WORD}}),
            self._shown(snippet, form),
            row=snippet.id,
            max_new_tokens=2 * form.max_words + _SPARE_TOKENS,
            may_cut="code",
            check=lambda answer: self._statement_fault(snippet, answer.instruction),
        )

    async def _together(self, snippets: Sequence[Snippet], context: GenerationContext) -> dict[str, _Written]:
        """Statements of several snippets from one request; those that are invalid are asked alone."""
        extras = context.prompts["instruct_from_code"].extras
        forms = [self._form(snippet, extras) for snippet in snippets]
        longest = max(forms, key=lambda form: form.max_words)
        limits = {"instructions": {"minItems": len(snippets), "maxItems": len(snippets)}}
        try:
            asked = await context.ask(
                "instruct_from_code_many",
                JsonObject(Statements, limits),
                {
                    "snippets": [self._shown(s, form) for s, form in zip(snippets, forms, strict=True)],
                    "length": longest.length,
                    "programming_language": display_name(snippets[0].programming_language),
                },
                row=snippets[0].id,
                max_new_tokens=len(snippets) * (2 * longest.max_words + _SPARE_TOKENS),
                check=lambda answer: (
                    None
                    if len(answer.instructions) == len(snippets)
                    else ("wrong number", f"{len(snippets)} tasks are wanted")
                ),
            )
        except Rejection:
            return {}
        return {
            snippet.id: _Written(text, asked.generated("instruction"), asked.checks())
            for snippet, text in zip(snippets, asked.value.instructions, strict=True)
            if self._statement_fault(snippet, text) is None
        }

    async def _checks(
        self, row: Instruction, snippet: Snippet, context: GenerationContext
    ) -> tuple[Check, ...]:
        """Does the program parse, hold the code unchanged, and run?"""
        language = snippet.programming_language
        if not parses(row.output, language):
            raise Rejection("does not parse", row.output)
        if not holds_unchanged(row.output, snippet.code, language):
            raise Rejection("original code changed", row.output)
        held = (
            Check(check="parses", verdict="passed"),
            Check(check="original code unchanged", verdict="passed"),
        )
        limits = Limits(cpu_seconds=self.options.cpu_seconds)
        ran = await context.run(Program(id=snippet.id, code=row.output, language=language, limits=limits))
        if ran.verdict is Verdict.PASS:
            return (*held, Check(check="runs", verdict="passed", detail=ran.tier))
        if not ran.verdict.is_about_the_program:
            if self.options.unrunnable == "refuse":
                raise Rejection("could not be run", ran.detail)
            return (*held, Check(check="runs", verdict="not run", detail=ran.detail))
        raise Rejection("did not run", f"{ran.verdict}: {ran.detail}")
