"""The natural language of a row in another language; everything else comes out as it went in.

text ─▶ code taken out ─▶ translated ─▶ every mark there once? ─▶ identifiers, paths and numbers
     the same? ─▶ in the language asked for? ─▶ (translated back: still the same meaning?) ─▶ kept
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from codetune.records import Check, Generated, Instruction
from codetune.rejection import Rejection
from codetune.store.dataset import Shard
from codetune.synth.checks.code_masking import changed_tokens, mask
from codetune.synth.checks.novelty import words
from codetune.synth.checks.statements import chinese_share
from codetune.synth.checks.task_text import introduces
from codetune.synth.generator import rejected
from codetune.synth.options import Profile, TranslateOptions
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.rows import child_lineage, extended
from codetune.synth.runtime.text_parsers import PlainText
from codetune.tasks.registry import TASKS
from codetune.text.similarity import rouge_l_of_tokens

__all__ = ["Translate"]

_NAMES = {
    "en": "English", "zh": "Chinese", "de": "German", "fr": "French", "es": "Spanish", "ja": "Japanese",
    "ko": "Korean", "pt": "Portuguese", "ru": "Russian", "it": "Italian",
}  # fmt: skip


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
        row = replace(
            given,
            id="",
            tags=(*given.tags, self.name),
            lineage=replace(
                child_lineage(given),
                prompt_template=given.lineage.prompt_template,
                checks=given.lineage.checks,
            ),
        )
        fields = ["instruction"]
        if given.task in TASKS and TASKS[given.task].answer == "text" and given.output:
            fields.append("output")
        try:
            if given.language == self.options.to:
                raise Rejection("already in the language", self.options.to)
            texts: dict[str, str] = {}
            generated: tuple[Generated, ...] = ()
            for name in fields:
                texts[name], entries = await self._translated(given, name, context)
                generated += entries
        except Rejection as rejection:
            row = extended(row, checks=(Check(check=self.name, verdict="failed", detail=rejection.reason),))
            return rejected(row, rejection)
        row = extended(
            row,
            instruction=texts["instruction"],
            output=texts.get("output"),
            language=self.options.to,
            generated=generated,
            checks=(Check(check="code, names, paths and numbers unchanged", verdict="passed"),),
        )
        return Shard((row,))

    async def _translated(
        self, row: Instruction, field: str, context: GenerationContext
    ) -> tuple[str, tuple[Generated, ...]]:
        original: str = getattr(row, field)
        if len(original) > self.options.max_chars:
            raise Rejection("text too long", f"{len(original)} characters of {field}")
        text, entries = await self._one_way(original, row, field, row.language, self.options.to, context)
        if self.options.round_trip:
            back, _ = await self._one_way(text, row, field, self.options.to, row.language, context)
            score = rouge_l_of_tokens(words(back), words(original))
            if score < self.options.min_round_trip:
                raise Rejection("round trip differs", f"ROUGE-L {score:.2f}: {back}")
        return text, entries

    async def _one_way(
        self,
        original: str,
        row: Instruction,
        field: str,
        source: str,
        target: str,
        context: GenerationContext,
    ) -> tuple[str, tuple[Generated, ...]]:
        masked = mask(original)

        def fault(answer: str) -> tuple[str, str] | None:
            restored = masked.restored(answer)
            if restored is None:
                return "code lost", "every mark like ⟦0⟧ has to stand in the translation exactly once"
            changed = changed_tokens(masked.text, answer)
            if changed:
                return (
                    "names or numbers changed",
                    f"these have to stay as they are: {', '.join(changed[:10])}",
                )
            if introduces(answer) and not introduces(masked.text):
                return "chatter around the answer", "give the translation alone, without an introduction"
            if target == "zh" and chinese_share(answer) < 0.3:
                return "wrong language", "the translation has to be Chinese"
            if target != "zh" and source == "zh" and chinese_share(answer) > 0.1:
                return "wrong language", f"the translation has to be {_NAMES.get(target, target)}"
            return None

        asked = await context.ask(
            "translate",
            PlainText(),
            {
                "text": masked.text,
                "source_language": _NAMES.get(source, source),
                "target_language": _NAMES.get(target, target),
            },
            row=f"{row.id}:{field}:{target}",
            max_new_tokens=len(original) + 64,
            check=fault,
        )
        return masked.restored(asked.value) or "", asked.generated(field)
