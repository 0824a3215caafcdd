"""A model plays a programmer who writes the given code, from an empty file, step by step.

Source: the AI programmer of Programming-Instruct (CursorCore, arXiv:2410.07002), with its skills and
its rules for rejection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

from codetune.code.languages import display_name
from codetune.code.same_program import same_lines, same_program
from codetune.records import EditHistory, Snippet
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.store.dataset import Shard
from codetune.synth.generator import rejected
from codetune.synth.options import AiProgrammerOptions, Profile
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.raw_answers import InvalidAnswerError, is_declined
from codetune.synth.runtime.rows import snippet_lineage
from codetune.text.fences import fenced_blocks

__all__ = ["AiProgrammer", "Steps", "steps_fault"]

_BYTES_PER_TOKEN = 3
_MOST_TOKENS = 4096


@dataclass(frozen=True)
class Steps:
    """An answer of several code blocks, one for each step."""

    @property
    def schema(self) -> None:
        return None

    def parse(self, text: str) -> list[str]:
        blocks = fenced_blocks(text)
        if is_declined(text):
            raise InvalidAnswerError("model declined", "the steps have to be written")
        if not blocks:
            raise InvalidAnswerError("no code", "each step has to be one code block")
        if not blocks[-1].closed:
            raise InvalidAnswerError("code block never closes", "each code block has to be closed")
        steps = [block.code.strip("\n") for block in blocks]
        # Models like to end with a summary that repeats the last step.
        return steps[:-1] if len(steps) > 1 and steps[-1] == steps[-2] else steps


@dataclass(frozen=True)
class AiProgrammer:
    """See the module."""

    options: AiProgrammerOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"

    name: ClassVar[str] = "ai-programmer"
    summary: ClassVar[str] = "write the steps in which a programmer may have written a snippet"
    consumes: ClassVar[type[Snippet]] = Snippet
    produces: ClassVar[type[EditHistory]] = EditHistory
    runs_code: ClassVar[bool] = False
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "ai_programmer": frozenset({"code", "programming_language", "skill"}),
    }

    def items(self, records: Sequence[Snippet]) -> Iterator[tuple[Snippet, ...]]:
        for record in records:
            yield (record,)

    async def make(self, item: tuple[Snippet, ...], context: GenerationContext) -> Shard[EditHistory]:
        (snippet,) = item
        row = EditHistory(
            origin="ai-programmer",
            versions=("", snippet.code),
            programming_language=snippet.programming_language,
            language=self.language,
            source=snippet.source,
            license=snippet.license,
            lineage=snippet_lineage(snippet),
        )
        try:
            if not snippet.code.strip():
                raise Rejection("empty snippet")
            if len(snippet.code) > self.options.max_code_chars:
                raise Rejection("too long", f"{len(snippet.code):,} characters")
            asked = await context.ask(
                "ai_programmer",
                Steps(),
                {
                    "code": snippet.code.strip("\n"),
                    "programming_language": display_name(snippet.programming_language).lower(),
                    "skill": draw(self.seed, snippet.id, "skill").choice(self.options.skills),
                },
                row=snippet.id,
                max_new_tokens=self._length(snippet.code),
                temperature=0.2,
                check=lambda steps: steps_fault(
                    steps, snippet.code, snippet.programming_language, self.options.last_step
                ),
            )
        except Rejection as rejection:
            return rejected(row, rejection)
        versions = ("", *asked.value[:-1], snippet.code.strip("\n"))
        lineage = replace(row.lineage, generated=asked.generated("versions"), checks=asked.checks())
        return Shard((replace(row, id="", versions=versions, lineage=lineage),))

    def _length(self, code: str) -> int:
        """Tokens for some five files that grow up to this one."""
        return min(_MOST_TOKENS, 256 + 5 * len(code.encode()) // _BYTES_PER_TOKEN)


def steps_fault(
    steps: Sequence[str], code: str, programming_language: str, last_step: str
) -> tuple[str, str] | None:
    """What is wrong with steps, as (reason, detail), or None.

    Args:
        steps: The file after each step.
        code: What the last step has to be.
        programming_language: Of the code.
        last_step: `exact`, `formatting` or `syntax`: how alike the last step and the code have to be.
    """
    if len(steps) < 2:
        return "a single step", "the code has to be written in several steps"
    if not _is_same(steps[-1], code, programming_language, last_step):
        return "another program at the end", "the last code block has to be the given program, unchanged"
    if any(left.strip() == right.strip() for left, right in pairwise(steps)):
        return "two steps alike", "each step has to change the file"
    lengths = [step.count("\n") + 1 for step in steps]
    if len(steps) >= 4 and sum(lengths[:-1]) <= lengths[-1] + 2:
        return "steps are pieces", "each code block has to be the whole file, not the new lines alone"
    return None


def _is_same(step: str, code: str, programming_language: str, how: str) -> bool:
    if step.strip() == code.strip():
        return True
    if how == "exact":
        return False
    if same_lines(step, code):
        return True
    return how == "syntax" and same_program(step, code, programming_language)
