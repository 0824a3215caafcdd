"""From histories to edits: a moment is drawn, and a model says what comes next, and how one speaks of it.

judge      which of the changes that are still to come follow from what is known; those make `next`
instruct   what the programmer would have said, where somebody asks; then `next` is the last version
chat       what the assistant says with its edit

Source: Programming-Instruct (CursorCore, arXiv:2410.07002), with its draws and defaults.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar

from pydantic import BaseModel

from codetune.code.languages import display_name
from codetune.edits.blocks import apply_blocks, diff_blocks
from codetune.edits.series import Moment, edit_series, moments
from codetune.edits.unified_diff import unified_diff
from codetune.records import Check, Edit, EditHistory, Generated, Lineage, Revision
from codetune.rejection import Rejection
from codetune.store.dataset import Shard
from codetune.synth.checks.edit_evidence import check_next, next_evidence
from codetune.synth.checks.natural_language import language_fault
from codetune.synth.generator import rejected
from codetune.synth.options import EditOptions, Profile
from codetune.synth.runtime.answer_parsers import JsonObject
from codetune.synth.runtime.generation_context import CheckedAnswer, GenerationContext
from codetune.synth.runtime.rows import joined
from codetune.synth.runtime.text_parsers import PlainText

__all__ = ["EditFromHistory"]

_PROBLEM = {
    "en": "Write a correct {language} program for the following problem:\n\n{problem}",
    "zh": "请用 {language} 写出解决下面问题的正确程序：\n\n{problem}",
}


class Decision(BaseModel):
    """One change, judged."""

    reason: str
    follows: bool


class Decisions(BaseModel):
    """A decision on each change, in their order."""

    decisions: list[Decision]


@dataclass(frozen=True)
class EditFromHistory:
    """See the module."""

    options: EditOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"

    name: ClassVar[str] = "edit"
    summary: ClassVar[str] = "draw moments of an edit history, and say what a programmer asks and gets"
    consumes: ClassVar[type[EditHistory]] = EditHistory
    produces: ClassVar[type[Edit]] = Edit
    runs_code: ClassVar[bool] = True
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "edit_judge": frozenset({"programming_language", "steps", "current", "changes"}),
        "edit_instruct": frozenset({"programming_language", "steps", "current", "change", "help"}),
        "edit_chat": frozenset({"programming_language", "steps", "current", "user", "change"}),
    }

    def items(self, records: Sequence[EditHistory]) -> Iterator[tuple[EditHistory, ...]]:
        for record in records:
            yield (record,)

    async def make(self, item: tuple[EditHistory, ...], context: GenerationContext) -> Shard[Edit]:
        (history,) = item
        states = edit_series(history.versions, self.options, self.seed, history.id)
        drawn = list(moments(states, history.versions[-1], self.options, self.seed, history.id))
        if not drawn:
            row = self._row(history, Moment(0, (), history.versions[0], history.versions[-1], False))
            return rejected(row, Rejection("no moment drawn", f"{len(states)} states"))
        return joined(await asyncio.gather(*(self._edit(history, moment, context) for moment in drawn)))

    def _row(self, history: EditHistory, moment: Moment) -> Edit:
        language = history.programming_language
        return Edit(
            history=tuple(Revision(code=code, programming_language=language) for code in moment.history),
            current=Revision(code=moment.current, programming_language=language),
            next=moment.final,
            language=self.language,
            source=history.source,
            license=history.license,
            lineage=Lineage(
                upstream_id=history.lineage.upstream_id,
                url=history.lineage.url,
                repo=history.lineage.repo,
                path=history.lineage.path,
                commit=history.lineage.commit,
                group=history.lineage.group or history.id,
                parents=(history.id,),
                generated=history.lineage.generated,
            ),
        )

    async def _edit(self, history: EditHistory, moment: Moment, context: GenerationContext) -> Shard[Edit]:
        row = self._row(history, moment)
        shown = {
            "programming_language": display_name(history.programming_language or "text").lower(),
            "steps": [
                unified_diff(old, new) for old, new in pairwise((*moment.history, moment.current))
            ] if moment.history else [],
            "current": moment.current,
        }  # fmt: skip
        key = f"{history.id}:{moment.position}"
        try:
            if moment.asks:
                row = await self._instructed(row, history, moment, shown, key, context)
            else:
                row = await self._judged(row, moment, shown, key, context)
            check_next(row)
            row = _extended(row, (), await next_evidence(row, history, context))
            row = await self._with_chat(row, shown, key, context)
        except Rejection as rejection:
            return rejected(row, rejection)
        return Shard((row,))

    async def _judged(
        self, row: Edit, moment: Moment, shown: Mapping[str, Any], key: str, context: GenerationContext
    ) -> Edit:
        blocks = diff_blocks(moment.current, moment.final)
        changes = [
            unified_diff(moment.current, apply_blocks(moment.current, blocks, [number]))
            for number in range(len(blocks))
        ]
        if len(changes) > self.options.max_changes:
            raise Rejection("too many changes", f"{len(changes)} changes to judge")
        asked: CheckedAnswer[Decisions] = await context.ask(
            "edit_judge",
            JsonObject(Decisions),
            {**shown, "changes": changes},
            row=key,
            max_new_tokens=128 + 96 * len(changes),
            temperature=self.options.temperature,
            check=lambda answer: _decisions_fault(answer, len(changes)),
        )
        chosen = [number for number, one in enumerate(asked.value.decisions) if one.follows]
        if not chosen:
            raise Rejection("no change follows", asked.value.decisions[0].reason)
        detail = f"{len(chosen)} of {len(changes)} changes"
        check = Check(check="follows from what is known", verdict="passed", detail=detail)
        return _extended(
            row,
            asked.generated("next"),
            (*asked.checks(), check),
            next=apply_blocks(moment.current, blocks, chosen),
        )

    async def _instructed(
        self,
        row: Edit,
        history: EditHistory,
        moment: Moment,
        shown: Mapping[str, Any],
        key: str,
        context: GenerationContext,
    ) -> Edit:
        if moment.position == 0 and history.request and history.origin == "commit":
            return replace(row, id="", user=history.request)
        if moment.position == 0 and history.request and history.origin == "submission":
            wording = _PROBLEM.get(self.language, _PROBLEM["en"])
            return replace(
                row,
                id="",
                user=wording.format(language=shown["programming_language"], problem=history.request),
            )
        asked: CheckedAnswer[str] = await context.ask(
            "edit_instruct",
            PlainText(min_chars=8),
            {**shown, "change": unified_diff(moment.current, moment.final), "help": history.request},
            row=key,
            max_new_tokens=192,
            temperature=self.options.temperature,
            check=partial(_words_fault, language=self.language),
        )
        return _extended(row, asked.generated("user"), asked.checks(), user=asked.value)

    async def _with_chat(
        self, row: Edit, shown: Mapping[str, Any], key: str, context: GenerationContext
    ) -> Edit:
        change = unified_diff(row.current.code, row.next)
        try:
            asked: CheckedAnswer[str] = await context.ask(
                "edit_chat",
                PlainText(min_chars=8),
                {**shown, "user": row.user, "change": change},
                row=key,
                max_new_tokens=192,
                temperature=self.options.temperature,
                check=partial(_words_fault, language=self.language),
            )
        except Rejection as rejection:
            # An edit is whole without words about it; that they are missing is on record.
            check = Check(check="chat", verdict="failed", detail=rejection.reason)
            return _extended(row, (), (check,))
        return _extended(row, asked.generated("chat"), asked.checks(), chat=asked.value)


def _extended(row: Edit, generated: tuple[Generated, ...], checks: tuple[Check, ...], **texts: Any) -> Edit:
    lineage = replace(
        row.lineage,
        generated=(*row.lineage.generated, *generated),
        checks=(*row.lineage.checks, *checks),
    )
    return replace(row, id="", lineage=lineage, **texts)


def _decisions_fault(answer: Decisions, count: int) -> tuple[str, str] | None:
    given = len(answer.decisions)
    return None if given == count else ("wrong number of decisions", f"{given} decisions on {count} changes")


def _words_fault(text: str, language: str) -> tuple[str, str] | None:
    if "```" in text or "@@ -" in text:
        return "code in the words", "it has to be said in words, without code blocks and diffs"
    if len(text) > 1200:
        return "too many words", "one to three sentences are enough"
    return language_fault(text, language)
