"""Write the text that a row lacks: a summary, the reason of a defect, a review.

The three generators differ in what they read and where the text goes. How it is asked for and checked
is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from pydantic import BaseModel

from codetune.code.languages import display_name
from codetune.records import Check, Generated, Instruction, Snippet
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import Shard
from codetune.synth.checks.docstring_convention import (
    absent_parameters,
    convention_of,
    conventions,
    follows,
    usual_convention,
    without_marks,
)
from codetune.synth.checks.statement_evidence import SCORE_PROMPT, score_text
from codetune.synth.checks.statements import statement_fault
from codetune.synth.checks.task_text import only_code, text_fault
from codetune.synth.generator import rejected
from codetune.synth.options import FillInOptions, Profile, SummarizeOptions
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.rows import extended, row_of_instruction, row_of_snippet
from codetune.synth.runtime.text_parsers import Tagged
from codetune.tasks.registry import get_task

__all__ = ["ExplainDefect", "Review", "Summarize"]


class Text(BaseModel):
    """What was asked for."""

    text: str


@dataclass(frozen=True)
class _FillIn:
    options: FillInOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"

    name: ClassVar[str]
    prompt: ClassVar[str]
    tag: ClassVar[str]
    """Between which tags a strong model writes the text."""
    runs_code: ClassVar[bool] = False

    def items(self, records: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        for record in records:
            yield (record,)

    async def _text(
        self, row: Instruction, variables: Mapping[str, Any], of: str, context: GenerationContext
    ) -> Shard[Instruction]:
        """Ask for the text and put it at the end of the row's output."""
        code = str(variables["code"])
        try:
            if not code.strip():
                raise Rejection("no code", "the row has no code to describe")
            if len(code) > self.options.code_chars:
                raise Rejection("code too long", f"{len(code)} characters")
            text, generated, checks = await self._asked(variables, code, of, context)
            if self.options.evidence == "judge":
                language = row.programming_language or ""
                found, scored = await score_text(text, code, language, of, self.options.min_score, context)
                checks, generated = (*checks, *found), (*generated, *scored)
        except Rejection as rejection:
            row = extended(row, checks=(Check(check=self.name, verdict="failed", detail=rejection.reason),))
            return rejected(row, rejection)
        output = " ".join(part for part in (row.output.strip(), text.strip()) if part)
        checks = (*checks, Check(check=self.name, verdict="passed"))
        return Shard((extended(row, output=output, generated=generated, checks=checks),))

    async def _asked(
        self, variables: Mapping[str, Any], code: str, of: str, context: GenerationContext
    ) -> tuple[str, tuple[Generated, ...], tuple[Check, ...]]:
        words = (self.options.min_words, self.options.max_words)
        if self.profile == "small":
            given = await context.ask(
                self.prompt,
                JsonObject(Text),
                variables,
                row=of,
                max_new_tokens=3 * self.options.max_words + 24,
                check=lambda answer: statement_fault(
                    answer.text,
                    language=self.language,
                    words=words,
                    body=code,
                    ground=code,
                    min_grounded=self.options.min_grounded,
                ),
            )
            return given.value.text, given.generated("output"), given.checks()
        asked = await context.ask(
            self.prompt,
            Tagged((self.tag,)),
            variables,
            row=of,
            check=lambda answer: self._wrong(answer[self.tag], code),
        )
        return asked.value[self.tag], asked.generated("output"), asked.checks()

    def _wrong(self, text: str, code: str) -> tuple[str, str] | None:
        """What is wrong with a strong model's text, as (reason, detail), or None."""
        words = (self.options.min_words, self.options.max_words)
        fault = text_fault(text, language=self.language, words=words)
        if fault is None and only_code(text, words[0]):
            return "code in place of a text", "say in words what is asked for"
        return fault


@dataclass(frozen=True)
class Summarize(_FillIn):
    """What a snippet does, in one of three lengths; a whole comment is in the project's convention."""

    options: SummarizeOptions
    conventions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(Repository, programming language) -> convention of its documentation comments."""

    name: ClassVar[str] = "summarize"
    prompt: ClassVar[str] = "summarize"
    tag: ClassVar[str] = "summary"
    summary: ClassVar[str] = "say what a snippet does, for code that has no documentation"
    consumes: ClassVar[type[Snippet]] = Snippet
    produces: ClassVar[type[Instruction]] = Instruction
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "summarize": frozenset({"code", "programming_language", "length"}),
        **SCORE_PROMPT,
    }

    async def make(self, item: tuple[Snippet, ...], context: GenerationContext) -> Shard[Instruction]:
        (snippet,) = item
        rendered = get_task("code_summarization").render(
            {"code": snippet.code, "docstring": "?", "programming_language": snippet.programming_language},
            record_id=snippet.id,
            seed=self.seed,
            language=self.language,
        )
        row = row_of_snippet(
            snippet, task="code_summarization", language=self.language, tag=self.name,
            instruction=rendered.instruction, input=rendered.input,
        )  # fmt: skip
        asked_for = self._form(snippet, context)
        shown = {
            "code": snippet.code,
            "programming_language": display_name(snippet.programming_language),
            "length": asked_for.words,
        }
        shard = await self._text(row, shown, snippet.id, context)
        if self.profile == "small" or not shard.kept:
            return shard
        (made,) = shard.kept
        made = replace(made, output=without_marks(made.output))
        held = asked_for.held(made.output, snippet)
        check = Check(
            check="docstring convention", verdict="passed" if held else "failed", detail=asked_for.name
        )
        made = extended(made, checks=(check,))
        if not held and self.options.form == "require":
            return rejected(made, Rejection("other form than asked for", asked_for.words))
        return Shard((made,))

    def surveyed(self, records: Iterable[Snippet]) -> Summarize:
        """The generator with the conventions of its input; see `options.convention`."""
        given = self.options.convention
        return replace(self, conventions=conventions(records)) if given == "auto" else self

    def _form(self, snippet: Snippet, context: GenerationContext) -> _Form:
        extras = context.prompts["summarize"].extras
        drawn = draw(self.seed, snippet.id, "length").choice(extras.get("lengths") or [""])
        if isinstance(drawn, str):
            return _Form("", drawn)
        language = snippet.programming_language
        convention: str = self.options.convention
        if convention == "auto":
            convention = self.conventions.get((snippet.repo or "", language), usual_convention(language))
        words = str(drawn["text"])
        if drawn["kind"] == "comment":
            words = words.format(convention=extras["conventions"].get(convention, convention))
        return _Form(drawn["kind"], words, convention)

    def _wrong(self, text: str, code: str) -> tuple[str, str] | None:
        fault = super()._wrong(text, code)
        if fault is None and (absent := absent_parameters(text, code)):
            return "documents what is not there", f"the code has no {', '.join(absent[:5])}"
        return fault


@dataclass(frozen=True)
class _Form:
    """How long a summary is asked for."""

    kind: str
    """`line`, `sentences` or `comment`; empty where a user's prompt does not say."""
    words: str
    convention: str = "plain"

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.convention}" if self.kind == "comment" else self.kind or "any"

    def held(self, text: str, snippet: Snippet) -> bool:
        """Whether a text has the form."""
        if self.kind == "line":
            return "\n" not in text.strip()
        if self.kind == "sentences":
            return convention_of(text, snippet.programming_language) is None
        if self.kind == "comment":
            return follows(text, self.convention, snippet.programming_language, snippet.name or "")
        return True


@dataclass(frozen=True)
class ExplainDefect(_FillIn):
    """Why code is, or is not, defective: added to a verdict that is known."""

    name: ClassVar[str] = "explain-defect"
    prompt: ClassVar[str] = "explain_defect"
    tag: ClassVar[str] = "explanation"
    summary: ClassVar[str] = "add the reason to a row that says only whether code is defective"
    consumes: ClassVar[type[Instruction]] = Instruction
    produces: ClassVar[type[Instruction]] = Instruction
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "explain_defect": frozenset({"code", "verdict", "programming_language"}),
        **SCORE_PROMPT,
    }

    async def make(self, item: tuple[Instruction, ...], context: GenerationContext) -> Shard[Instruction]:
        (given,) = item
        row = row_of_instruction(given, tags=(*given.tags, self.name))
        if given.task != "defect_detection":
            return rejected(row, Rejection("other task", f"{given.task}, not defect_detection"))
        shown = {
            "code": given.input or given.instruction,
            "verdict": given.output,
            "programming_language": display_name(given.programming_language or ""),
        }
        return await self._text(row, shown, given.id, context)


@dataclass(frozen=True)
class Review(_FillIn):
    """A reviewer's remark on a snippet."""

    name: ClassVar[str] = "review"
    prompt: ClassVar[str] = "review"
    tag: ClassVar[str] = "review"
    summary: ClassVar[str] = "write a review of a snippet: its most important weakness and how to fix it"
    consumes: ClassVar[type[Snippet]] = Snippet
    produces: ClassVar[type[Instruction]] = Instruction
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "review": frozenset({"code", "programming_language"}),
        **SCORE_PROMPT,
    }

    async def make(self, item: tuple[Snippet, ...], context: GenerationContext) -> Shard[Instruction]:
        (snippet,) = item
        shown = {"code": snippet.code, "programming_language": display_name(snippet.programming_language)}
        row = row_of_snippet(
            snippet, task="instruction_following", language=self.language, tag=self.name,
            instruction=context.prompts["review"].extras["instruction"], input=snippet.code,
        )  # fmt: skip
        return await self._text(row, shown, snippet.id, context)
