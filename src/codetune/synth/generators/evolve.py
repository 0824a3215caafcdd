"""Harder and other versions of given instructions (Evol-Instruct, for code).

    instruction ─▶ evolved by one of five methods ─▶ did it fail? ─▶ answer ─▶ kept, or evolved again

Elimination, after the paper: nothing gained, the words of our own prompt leaked, the model
declined, the answer is empty or not finished. The method's words are in the prompt's YAML file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel

from codetune.records import Check, Generated, Instruction
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import RejectedRow, Shard
from codetune.synth.checks.novelty import words
from codetune.synth.checks.statement_evidence import SCALES, ScoreOfText
from codetune.synth.checks.statements import statement_fault
from codetune.synth.checks.task_text import only_task, text_fault
from codetune.synth.generator import STAGE
from codetune.synth.options import EvolveOptions, Profile
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.raw_answers import no_answer
from codetune.synth.runtime.rows import extended, row_of_instruction
from codetune.synth.runtime.text_parsers import PlainText, Tagged
from codetune.text.similarity import rouge_l_of_tokens

__all__ = ["Evolve"]

_OUR_WORDS = re.compile(
    r"given (prompt|task|instruction)|rewritten (prompt|task)|new task:|#rewritten|改写后的|给定的(任务|指令)",
    re.IGNORECASE,
)


def _adds_nothing(evolved: Sequence[str], given: Sequence[str]) -> bool:
    """Whether all words of a task stand in another one, in that order: a part of it. Numbers do not count."""
    rest = iter(given)
    return all(word in rest for word in evolved if not word.isdigit())


class Evolved(BaseModel):
    """The new instruction."""

    instruction: str


@dataclass(frozen=True)
class Evolve:
    """See the module."""

    options: EvolveOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"

    name: ClassVar[str] = "evolve"
    summary: ClassVar[str] = "make instructions deeper, more constrained or otherwise harder, and answer them"
    consumes: ClassVar[type[Instruction]] = Instruction
    produces: ClassVar[type[Instruction]] = Instruction
    runs_code: ClassVar[bool] = False
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "evolve": frozenset({"instruction", "input", "method"}),
        "score_evolution": frozenset({"given", "input", "evolved"}),
        "answer": frozenset({"instruction", "input"}),
    }

    def items(self, records: Sequence[Instruction]) -> Iterator[tuple[Instruction, ...]]:
        for record in records:
            yield (record,)

    async def make(self, item: tuple[Instruction, ...], context: GenerationContext) -> Shard[Instruction]:
        (parent,) = item
        kept: list[Instruction] = []
        for number in range(self.options.rounds):
            method = draw(self.seed, item[0].id, f"method {number}").choice(self.options.methods)
            row = row_of_instruction(
                parent,
                tags=(self.name, method),
                task="instruction_following",
                output="",
                language=self.language,
            )
            try:
                parent = await self._evolved(row, parent, method, context)
            except Rejection as rejection:  # a failed evolution ends the chain; what came before stays
                row = extended(row, checks=(Check(check=method, verdict="failed", detail=rejection.reason),))
                reject = RejectedRow(row=row, stage=STAGE, reason=rejection.reason, detail=rejection.detail)
                return Shard(tuple(kept), (reject,))
            kept.append(parent)
        return Shard(tuple(kept))

    async def _evolved(
        self, row: Instruction, parent: Instruction, method: str, context: GenerationContext
    ) -> Instruction:
        text, generated, checks = await self._rewritten(parent, method, context)
        row = extended(
            row,
            instruction=text.strip(),
            generated=generated,
            checks=(*checks, Check(check=method, verdict="passed")),
        )
        if self.options.min_score:
            row = await self._eliminated(row, parent, context)
        answer = await context.ask(
            "answer",
            PlainText(min_chars=2 if self.profile == "small" else 1),
            {"instruction": row.instruction, "input": row.input},
            row=row.id,
            max_new_tokens=self.options.answer_tokens,
            check=lambda answer: only_task(answer, row.instruction, row.input),
        )
        return extended(row, output=answer.value, generated=answer.generated("output"))

    async def _rewritten(
        self, parent: Instruction, method: str, context: GenerationContext
    ) -> tuple[str, tuple[Generated, ...], tuple[Check, ...]]:
        variables = {
            "instruction": parent.instruction,
            "input": parent.input,
            "method": context.prompts["evolve"].extras["methods"][method],
        }
        if self.profile == "small":
            given = await context.ask(
                "evolve",
                JsonObject(Evolved),
                variables,
                row=parent.id,
                max_new_tokens=256,
                temperature=0.7,
                check=lambda answer: self._failed(answer.instruction, parent),
            )
            return given.value.instruction, given.generated("instruction"), given.checks()
        asked = await context.ask(
            "evolve",
            Tagged(("instruction",)),
            variables,
            row=parent.id,
            temperature=0.7,
            check=lambda answer: self._failed(answer["instruction"], parent),
        )
        return asked.value["instruction"], asked.generated("instruction"), asked.checks()

    async def _eliminated(
        self, row: Instruction, parent: Instruction, context: GenerationContext
    ) -> Instruction:
        """The elimination step: is this a task of its own, that can be solved, and more than the given one?"""
        asked = await context.ask(
            "score_evolution",
            JsonObject(ScoreOfText, SCALES),
            {"given": parent.instruction, "input": parent.input, "evolved": row.instruction},
            row=row.id,
            max_new_tokens=512,
            check=lambda answer: None if 1 <= answer.score <= 5 else ("wrong score", "from 1 to 5"),
        )
        score, reason = asked.value.score, asked.value.reason.strip()
        if score < self.options.min_score:
            raise Rejection("eliminated", f"score {score} of 5: {reason}")
        return extended(row, generated=asked.generated("score"), checks=asked.value.checks("elimination"))

    def _failed(self, evolved: str, parent: Instruction) -> tuple[str, str] | None:
        fault = no_answer(evolved)
        if fault is not None:
            return fault
        if _OUR_WORDS.search(evolved):
            return "prompt leaked", "the instruction may not speak of the given task"
        score = rouge_l_of_tokens(words(evolved), words(parent.instruction))
        if score > self.options.max_similarity:
            return "nothing gained", "the instruction has to differ from the given one"
        if _adds_nothing(words(evolved), words(parent.instruction)):
            return "nothing gained", "every word of it stands in the given one"
        if self.profile == "small":
            return statement_fault(evolved, language=self.language, words=(4, 400))
        return text_fault(evolved, language=self.language, words=(4, 2000))
