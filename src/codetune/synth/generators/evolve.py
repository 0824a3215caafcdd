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

from codetune.records import Check, Instruction
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import RejectedRow, Shard
from codetune.synth.checks.novelty import words
from codetune.synth.checks.statements import statement_fault
from codetune.synth.generator import STAGE
from codetune.synth.options import EvolveOptions
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.rows import extended, row_of_instruction
from codetune.synth.runtime.text_parsers import PlainText, is_refusal
from codetune.text.similarity import rouge_l_of_tokens

__all__ = ["Evolve"]

_OUR_WORDS = re.compile(
    r"given (prompt|task|instruction)|rewritten (prompt|task)|new task:|#rewritten|改写后的|给定的(任务|指令)",
    re.IGNORECASE,
)


class Evolved(BaseModel):
    """The new instruction."""

    instruction: str


@dataclass(frozen=True)
class Evolve:
    """See the module."""

    options: EvolveOptions
    language: str = "en"
    seed: int = 0

    name: ClassVar[str] = "evolve"
    summary: ClassVar[str] = "make instructions deeper, more constrained or otherwise harder, and answer them"
    consumes: ClassVar[type[Instruction]] = Instruction
    produces: ClassVar[type[Instruction]] = Instruction
    runs_code: ClassVar[bool] = False
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "evolve": frozenset({"instruction", "input", "method"}),
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
        asked = await context.ask(
            "evolve",
            JsonObject(Evolved),
            {
                "instruction": parent.instruction,
                "input": parent.input,
                "method": context.prompts["evolve"].extras["methods"][method],
            },
            row=parent.id,
            max_new_tokens=256,
            temperature=0.7,
            check=lambda answer: self._failed(answer.instruction, parent),
        )
        row = extended(
            row,
            instruction=asked.value.instruction.strip(),
            generated=asked.generated("instruction"),
            checks=(*asked.checks(), Check(check=method, verdict="passed")),
        )
        answer = await context.ask(
            "answer",
            PlainText(min_chars=2),
            {"instruction": row.instruction, "input": row.input},
            row=row.id,
            max_new_tokens=self.options.answer_tokens,
        )
        return extended(row, output=answer.value, generated=answer.generated("output"))

    def _failed(self, evolved: str, parent: Instruction) -> tuple[str, str] | None:
        if is_refusal(evolved):
            return "model declined", "the instruction has to be a task"
        if _OUR_WORDS.search(evolved):
            return "prompt leaked", "the instruction may not speak of the given task"
        score = rouge_l_of_tokens(words(evolved), words(parent.instruction))
        if score > self.options.max_similarity:
            return "nothing gained", "the instruction has to differ from the given one"
        return statement_fault(evolved, language=self.language, words=(4, 400))
