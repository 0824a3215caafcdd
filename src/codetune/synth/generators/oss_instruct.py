"""A problem inspired by a snippet, and its solution (OSS-Instruct, Magicoder).

The snippet is a spark, not the answer: a solution that mostly repeats it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel

from codetune.code.languages import display_name
from codetune.code.parsing import is_parsed_language, tokens
from codetune.records import Check, Instruction, Snippet
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import Shard
from codetune.synth.checks.snippet_text import shortened
from codetune.synth.checks.statement_evidence import SCORE_PROMPT, score_text
from codetune.synth.checks.statements import statement_fault
from codetune.synth.checks.task_text import gives_solution, text_fault
from codetune.synth.generator import rejected
from codetune.synth.options import OssInstructOptions, Profile
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.rows import extended, row_of_snippet
from codetune.synth.runtime.text_parsers import CodeBlock, Tagged

__all__ = ["OssInstruct", "copied_share"]

_RUN = 6
_FEWEST_TOKENS = 4
"""Of a solution, comments not counted."""
_OUR_WORDS = re.compile(
    r"\b(?:given|provided|above|following) (?:code )?snippet|\binspiration\b|\bcode (?:snippet )?above\b"
    r"|\bbased on (?:the|this) (?:given |provided )?code\b|给出的代码|上面的代码|代码片段|作为灵感",
    re.IGNORECASE,
)


class InventedProblem(BaseModel):
    """The problem's statement."""

    problem: str


@dataclass(frozen=True)
class OssInstruct:
    """See the module."""

    options: OssInstructOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"

    name: ClassVar[str] = "oss-instruct"
    summary: ClassVar[str] = "invent a self-contained problem inspired by a snippet, and solve it"
    consumes: ClassVar[type[Snippet]] = Snippet
    produces: ClassVar[type[Instruction]] = Instruction
    runs_code: ClassVar[bool] = False
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "oss_instruct": frozenset({"code", "programming_language", "difficulty", "domain"}),
        "oss_solution": frozenset({"problem", "programming_language"}),
        **SCORE_PROMPT,
    }

    def items(self, records: Sequence[Snippet]) -> Iterator[tuple[Snippet, ...]]:
        for record in records:
            yield (record,)

    async def make(self, item: tuple[Snippet, ...], context: GenerationContext) -> Shard[Instruction]:
        (snippet,) = item
        row = row_of_snippet(snippet, task="code_generation", language=self.language, tag=self.name)
        try:
            if not is_parsed_language(snippet.programming_language):
                raise Rejection("language not supported", snippet.programming_language)
            row = await self._problem(row, snippet, context)
            row = await self._solution(row, snippet, context)
        except Rejection as rejection:
            row = extended(row, checks=(Check(check=self.name, verdict="failed", detail=rejection.reason),))
            return rejected(row, rejection)
        return Shard((row,))

    async def _problem(self, row: Instruction, snippet: Snippet, context: GenerationContext) -> Instruction:
        extras = context.prompts["oss_instruct"].extras
        dice = draw(self.seed, snippet.id, "problem")
        variables = {
            "code": shortened(snippet.code, self.options.code_chars),
            "programming_language": display_name(snippet.programming_language),
            "difficulty": dice.choice(extras.get("difficulties") or [""]),
            "domain": dice.choice(extras.get("domains") or [""]),
        }
        words = (self.options.min_words, self.options.max_words)
        if self.profile == "small":
            given = await context.ask(
                "oss_instruct",
                JsonObject(InventedProblem),
                variables,
                row=snippet.id,
                max_new_tokens=320,
                temperature=0.7,
                may_cut="code",
                check=lambda answer: statement_fault(
                    answer.problem, language=self.language, words=words, body=snippet.code
                ),
            )
            text, generated, checks = given.value.problem, given.generated("instruction"), given.checks()
        else:
            asked = await context.ask(
                "oss_instruct",
                Tagged(("problem",)),
                variables,
                row=snippet.id,
                temperature=0.7,
                may_cut="code",
                check=lambda answer: self._fault(answer["problem"], snippet),
            )
            text, generated, checks = asked.value["problem"], asked.generated("instruction"), asked.checks()
        return extended(row, instruction=text.strip(), generated=generated, checks=checks)

    def _fault(self, problem: str, snippet: Snippet) -> tuple[str, str] | None:
        words = (self.options.min_words, self.options.max_words)
        if gives_solution(problem, snippet.code):
            return "solution in the statement", "the problem may not hold the snippet"
        if "```" not in problem and _OUR_WORDS.search(problem):
            return "prompt leaked", "the problem may not speak of code that it does not show"
        return text_fault(problem, language=self.language, words=words)

    async def _solution(self, row: Instruction, snippet: Snippet, context: GenerationContext) -> Instruction:
        language = snippet.programming_language
        asked = await context.ask(
            "oss_solution",
            CodeBlock(language),
            {"problem": row.instruction, "programming_language": display_name(language)},
            row=snippet.id,
            max_new_tokens=self.options.solution_tokens,
        )
        if len(tokens(asked.value, language)) < _FEWEST_TOKENS:
            raise Rejection("no code", "the solution is a comment")
        share = copied_share(asked.value, snippet.code, language)
        if share > self.options.max_copied:
            raise Rejection(
                "repeats the snippet", f"{share:.0%} of the solution's token runs are the snippet's"
            )
        checks = (Check(check="parses", verdict="passed"), Check(check="not the snippet", verdict="passed"))
        row = extended(row, output=asked.value, generated=asked.generated("output"), checks=checks)
        if not self.options.min_score:
            return row
        found, scored = await score_text(
            row.instruction,
            asked.value,
            language,
            row.id,
            self.options.min_score,
            context,
            reason="scored as no solution",
        )
        return extended(row, generated=scored, checks=found)


def copied_share(code: str, original: str, programming_language: str) -> float:
    """Share of the code's runs of six tokens that also stand in the original; 0 to 1."""

    def runs(text: str) -> set[tuple[str, ...]]:
        found = tokens(text, programming_language)
        return {tuple(found[i : i + _RUN]) for i in range(max(1, len(found) - _RUN + 1))}

    mine = runs(code)
    return len(mine & runs(original)) / len(mine) if mine else 0.0
