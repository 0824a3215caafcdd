"""A generator, a model names functions: `codetune synth name-it IN -o OUT --prompts examples/prompts`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel, Field

from codetune.config.settings import Settings
from codetune.records import Instruction, Snippet
from codetune.rejection import Rejection
from codetune.store.dataset import Shard
from codetune.synth.generator import rejected
from codetune.synth.options import OPTIONS
from codetune.synth.registry import GENERATORS
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.rows import extended, row_of_snippet


class Name(BaseModel):
    """What the model answers: its schema is sent along, and an answer that breaks it is asked for again."""

    name: str = Field(pattern="^[a-z_]+$")


@dataclass(frozen=True)
class NameIt:
    """One row for each snippet: the code, and a name for it."""

    options: Settings
    language: str = "en"
    seed: int = 0
    profile: str = "strong"
    name: ClassVar[str] = "name-it"
    summary: ClassVar[str] = "find a better name for a function"
    consumes: ClassVar[type[Snippet]] = Snippet
    produces: ClassVar[type[Instruction]] = Instruction
    runs_code: ClassVar[bool] = False
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {"name_it": frozenset({"code"})}

    def items(self, records: Sequence[Snippet]) -> Iterator[tuple[Snippet, ...]]:
        yield from zip(records)

    async def make(self, item: tuple[Snippet, ...], context: GenerationContext) -> Shard[Instruction]:
        (snippet,) = item
        row = row_of_snippet(
            snippet, task="instruction_following", language="en", tag=self.name, input=snippet.code,
            instruction="Name this function.",
        )  # fmt: skip
        shown = {"code": snippet.code}
        try:
            asked = await context.ask("name_it", JsonObject(Name), shown, row=snippet.id, max_new_tokens=32)
        except Rejection as rejection:
            return rejected(row, rejection)
        return Shard((extended(row, output=asked.value.name, generated=asked.generated("output")),))


GENERATORS["name-it"], OPTIONS["name-it"] = NameIt, Settings
