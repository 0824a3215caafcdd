"""New tasks in the manner of given ones (Self-Instruct, as CodeAlpaca used it).

    seed rows ─▶ new tasks, each with the input it needs, if any ─▶ new against all so far?
              ─▶ the answer ─▶ kept and remembered

Parts are made one after the other: a part's tasks are compared with the input, with every earlier
part, and among themselves in order, so what is kept doesn't depend on who answered first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import BaseModel

from codetune.records import Check, Generated, Instruction, Lineage
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import RejectedRow, Shard
from codetune.synth.checks.novelty import NoveltyIndex
from codetune.synth.checks.statements import statement_fault
from codetune.synth.checks.task_text import lacks_input, only_task, text_fault
from codetune.synth.generator import STAGE, rejected
from codetune.synth.options import Profile, SelfInstructOptions
from codetune.synth.runtime.answer_parsers import AnswerParser, JsonObject
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.raw_answers import InvalidAnswerError
from codetune.synth.runtime.rows import child_lineage, extended
from codetune.synth.runtime.text_parsers import PlainText, whole_tags

__all__ = ["SelfInstruct"]


class NewTask(BaseModel):
    """One task; `needs_input` is the model's own classification."""

    instruction: str
    needs_input: bool
    input: str


class NewTasks(BaseModel):
    """Several."""

    tasks: list[NewTask]


@dataclass(frozen=True)
class TaggedTasks:
    """Tasks as a strong model writes them: `<task>` with `<instruction>` and, where needed, `<input>`."""

    most: int

    @property
    def schema(self) -> None:
        return None

    def parse(self, text: str) -> NewTasks:
        """The tasks, at most so many.

        Raises:
            InvalidAnswerError: There is none.
        """
        tasks = []
        for block in whole_tags(text, "task"):
            instruction, given = whole_tags(block, "instruction"), whole_tags(block, "input")
            if instruction and instruction[0].strip():
                value = given[0] if given else ""
                tasks.append(NewTask(instruction=instruction[0], needs_input=bool(given), input=value))
        if not tasks and text.lstrip()[:1] in "{`":
            tasks = JsonObject(NewTasks).parse(text).tasks
        if not tasks:
            raise InvalidAnswerError("not in the form asked for", "there is no <task> with an <instruction>")
        return NewTasks(tasks=tasks[: self.most])


@dataclass(frozen=True)
class SelfInstruct:
    """See the module."""

    options: SelfInstructOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"
    known: NoveltyIndex = field(default_factory=NoveltyIndex, compare=False)

    name: ClassVar[str] = "self-instruct"
    summary: ClassVar[str] = (
        "write new tasks in the manner of a seed set, unlike all earlier ones, and answer them"
    )
    consumes: ClassVar[type[Instruction]] = Instruction
    produces: ClassVar[type[Instruction]] = Instruction
    runs_code: ClassVar[bool] = False
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "self_instruct": frozenset({"examples", "count"}),
        "answer": frozenset({"instruction", "input"}),
    }

    def items(self, records: Sequence[Instruction]) -> Iterator[tuple[Instruction, ...]]:
        """Each row, followed by the other rows it is shown with."""
        for record in records:
            dice = draw(self.seed, record.id, "examples")
            others = [other for other in records if other.id != record.id]
            yield (record, *dice.sample(others, min(self.options.examples - 1, len(others))))

    def load(self, earlier: Iterable[Instruction]) -> None:
        for row in earlier:
            self._remember(row)

    def finalize(self, made: Sequence[Shard[Instruction]]) -> Shard[Instruction]:
        kept: list[Instruction] = []
        refused: list[RejectedRow] = []
        for shard in made:
            refused.extend(shard.rejected)
            for row in shard.kept:
                try:
                    self._must_be_new(self._compared(row))
                except Rejection as rejection:
                    refused.append(
                        RejectedRow(row=row, stage=STAGE, reason=rejection.reason, detail=rejection.detail)
                    )
                else:
                    self._remember(row)
                    kept.append(row)
        return Shard(tuple(kept), tuple(refused))

    async def make(self, item: tuple[Instruction, ...], context: GenerationContext) -> Shard[Instruction]:
        seed_row, *_ = item
        try:
            parser: AnswerParser[NewTasks] = (
                JsonObject(NewTasks, {"tasks": {"minItems": 1, "maxItems": self.options.tasks_per_request}})
                if self.profile == "small"
                else TaggedTasks(self.options.tasks_per_request)
            )
            asked = await context.ask(
                "self_instruct",
                parser,
                {
                    "examples": [{"instruction": row.instruction, "input": row.input} for row in item],
                    "count": self.options.tasks_per_request,
                },
                row=seed_row.id,
                max_new_tokens=160 * self.options.tasks_per_request if self.profile == "small" else None,
                temperature=0.8,
            )
        except Rejection as rejection:
            row = self._row(seed_row, item, NewTask(instruction="", needs_input=False, input=""))
            return rejected(row, rejection)
        kept: list[Instruction] = []
        refused: list[RejectedRow] = []
        for task in asked.value.tasks:
            row = self._row(seed_row, item, task, asked.generated("instruction", "input"))
            row = extended(row, checks=asked.checks())
            try:
                kept.append(await self._answered(row, task, context))
            except Rejection as rejection:
                row = extended(row, checks=(Check(check="task", verdict="failed", detail=rejection.reason),))
                refused.append(
                    RejectedRow(row=row, stage=STAGE, reason=rejection.reason, detail=rejection.detail)
                )
        return Shard(tuple(kept), tuple(refused))

    def _row(
        self,
        seed_row: Instruction,
        item: tuple[Instruction, ...],
        task: NewTask,
        generated: tuple[Generated, ...] = (),
    ) -> Instruction:
        base = child_lineage(seed_row)
        return Instruction(
            task="instruction_following",
            instruction=task.instruction.strip(),
            input=task.input.strip() if task.needs_input else "",
            output="",
            language=self.language,
            source=seed_row.source,
            license=seed_row.license,
            tags=(self.name,),
            # A task of its own: it shares no group with the rows it was shown.
            lineage=Lineage(
                upstream_id=base.upstream_id, parents=tuple(row.id for row in item), generated=generated
            ),
        )

    async def _answered(self, row: Instruction, task: NewTask, context: GenerationContext) -> Instruction:
        words = (self.options.min_words, self.options.max_words)
        check = statement_fault if self.profile == "small" else text_fault
        fault = check(row.instruction, language=self.language, words=words)
        if fault is not None:
            raise Rejection(*fault)
        if task.needs_input and not row.input:
            raise Rejection("input missing", "the task says it needs an input and has none")
        self._must_be_new(self._compared(row))  # against earlier parts: before its answer is paid for
        if self.profile == "strong" and not row.input and lacks_input(row.instruction):
            raise Rejection("input missing", "the task speaks of code that is not there")
        asked = await context.ask(
            "answer",
            PlainText(),
            {"instruction": row.instruction, "input": row.input},
            row=row.id,
            max_new_tokens=self.options.answer_tokens,
            check=lambda answer: only_task(answer, row.instruction, row.input),
        )
        return extended(
            row,
            output=asked.value,
            generated=asked.generated("output"),
            checks=(Check(check="novel", verdict="passed"),),
        )

    def _compared(self, row: Instruction) -> str:
        """What has to be new: the same request about another input is another task."""
        return (
            f"{row.instruction}\n{row.input}" if row.input and self.profile == "strong" else row.instruction
        )

    def _remember(self, row: Instruction) -> None:
        self.known.add(row.instruction)  # also where it has an input: without one it would be no new task
        if self._compared(row) != row.instruction:
            self.known.add(self._compared(row))

    def _must_be_new(self, text: str) -> None:
        score, which = self.known.nearest(text)
        if score > self.options.max_similarity:
            raise Rejection("not new", f"ROUGE-L {score:.2f} with: {which}")
