"""The natural language of a row in another language; everything else comes out as it went in.

row ─▶ its task's fields ─▶ prose, code taken out ─▶ translated ─▶ every mark there once? ─▶ identifiers,
    paths and numbers the same? ─▶ in the language asked for? ─▶ (translated back: the same meaning?)
    ─▶ asked with the template of that language ─▶ kept
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from codetune.records import Check, Generated, Instruction
from codetune.rejection import Rejection
from codetune.store.dataset import Shard
from codetune.synth.checks.novelty import words
from codetune.synth.generator import rejected
from codetune.synth.options import Profile, TranslateOptions
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.rows import child_lineage, extended
from codetune.synth.runtime.text_translation import translate_text
from codetune.tasks.translation.masking import Masked
from codetune.tasks.translation.row_translation import translation_of
from codetune.text.similarity import rouge_l_of_tokens

__all__ = ["Translate"]


@dataclass(frozen=True)
class Translate:
    """See the module."""

    options: TranslateOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"

    name: ClassVar[str] = "translate"
    summary: ClassVar[str] = "translate the natural language of rows; code, names, paths and numbers stay"
    consumes: ClassVar[type[Instruction]] = Instruction
    produces: ClassVar[type[Instruction]] = Instruction
    runs_code: ClassVar[bool] = False
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "translate": frozenset({"text", "source_language", "target_language"})
    }

    def items(self, records: Sequence[Instruction]) -> Iterator[tuple[Instruction, ...]]:
        for record in records:
            yield (record,)

    async def make(self, item: tuple[Instruction, ...], context: GenerationContext) -> Shard[Instruction]:
        (given,) = item
        lineage = replace(child_lineage(given), checks=given.lineage.checks)
        tags = (*given.tags, self.name)
        try:
            wanted = translation_of(given, self.options.to, seed=self.seed, max_chars=self.options.max_chars)
            texts: dict[str, str] = {}
            generated: tuple[Generated, ...] = ()
            for name, masked in wanted.masked.items():
                texts[name], entries = await self._translated(given, name, masked, context)
                generated += entries
            made = wanted.put(texts)
        except Rejection as rejection:
            failed = Check(check=self.name, verdict="failed", detail=rejection.reason)
            lineage = replace(lineage, prompt_template=given.lineage.prompt_template)
            row = replace(given, id="", tags=tags, lineage=lineage)
            return rejected(extended(row, checks=(failed,)), rejection)
        lineage = replace(lineage, prompt_template=made.lineage.prompt_template)
        unchanged = Check(check="code, names, paths and numbers unchanged", verdict="passed")
        made = replace(made, tags=tags, lineage=lineage)
        return Shard((extended(made, generated=generated, checks=(unchanged,)),))

    async def _translated(
        self, row: Instruction, field: str, masked: Masked, context: GenerationContext
    ) -> tuple[str, tuple[Generated, ...]]:
        key = f"{row.id}:{field}"
        to = self.options.to
        asked = await translate_text(masked, row.language, to, context, row=f"{key}:{to}")
        if self.options.round_trip:
            forth = Masked(asked.value, masked.code)
            back = await translate_text(forth, to, row.language, context, row=f"{key}:{row.language}")
            score = rouge_l_of_tokens(words(back.value), words(masked.text))
            if score < self.options.min_round_trip:
                raise Rejection("round trip differs", f"ROUGE-L {score:.2f}: {back.value}")
        return asked.value, asked.generated(field)
