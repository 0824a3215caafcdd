"""Vote rows on named criteria, with reasons; several models, and several answers of each, vote.

A kept row is unchanged but for the scores in its lineage. A row whose score is too low, or on which
the votes disagree too much, is rejected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean, median
from typing import Any, ClassVar

from codetune.records import Check, Instruction
from codetune.rejection import Rejection
from codetune.store.dataset import Shard
from codetune.synth.generator import rejected
from codetune.synth.options import JudgeOptions, Profile
from codetune.synth.runtime.answer_parsers import json_objects
from codetune.synth.runtime.generation_context import CheckedAnswer, GenerationContext
from codetune.synth.runtime.raw_answers import InvalidAnswerError
from codetune.synth.runtime.rows import extended

__all__ = ["Judge", "Vote", "VoteParser", "agreement"]

_SCALE = (1, 5)


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote on one criterion."""

    score: int
    reason: str


@dataclass(frozen=True)
class VoteParser:
    """A reason and a score for each criterion; the reason first, so that the score follows from it."""

    criteria: tuple[str, ...]

    @property
    def schema(self) -> Mapping[str, Any]:
        one = {
            "type": "object",
            "properties": {
                "reason": {"type": "string", "minLength": 8, "maxLength": 300},
                "score": {"type": "integer", "enum": list(range(_SCALE[0], _SCALE[1] + 1))},
            },
            "required": ["reason", "score"],
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "properties": dict.fromkeys(self.criteria, one),
            "required": list(self.criteria),
            "additionalProperties": False,
        }

    def parse(self, text: str) -> dict[str, Vote]:
        votes = [self._votes(plain) for plain in json_objects(text)]
        for found in votes:
            if not isinstance(found, str):
                return found
        raise InvalidAnswerError(
            "not as the schema says", f"{votes[0]} needs a reason and a score from 1 to 5"
        )

    def _votes(self, plain: Mapping[str, Any]) -> dict[str, Vote] | str:
        """The votes of one object, or the first criterion that has none."""
        found = {}
        for name in self.criteria:
            entry = plain.get(name)
            score = entry.get("score") if isinstance(entry, dict) else None
            if isinstance(score, float) and score.is_integer():
                score = int(score)
            if not isinstance(score, int) or isinstance(score, bool) or not _SCALE[0] <= score <= _SCALE[1]:
                return name
            found[name] = Vote(score, str(entry.get("reason", "")).strip())  # type: ignore[union-attr]
        return found


def agreement(votes: Sequence[Mapping[str, Vote]]) -> float | None:
    """Mean agreement of all pairs of votes, 0 to 1; None with fewer than two.

    Two scores agree fully when equal and not at all when at the ends of the scale; in between
    it falls in proportion to their distance.
    """
    span = _SCALE[1] - _SCALE[0]
    pairs = [
        1 - abs(one[name].score - other[name].score) / span
        for one, other in combinations(votes, 2)
        for name in one
    ]
    return mean(pairs) if pairs else None


@dataclass(frozen=True)
class Judge:
    """See the module."""

    options: JudgeOptions
    language: str = "en"
    seed: int = 0
    profile: Profile = "strong"

    name: ClassVar[str] = "judge"
    summary: ClassVar[str] = "score rows on named criteria with reasons; refuse those that score low"
    consumes: ClassVar[type[Instruction]] = Instruction
    produces: ClassVar[type[Instruction]] = Instruction
    runs_code: ClassVar[bool] = False
    prompts: ClassVar[Mapping[str, frozenset[str]]] = {
        "judge": frozenset({"instruction", "input", "output", "criteria"})
    }

    def items(self, records: Sequence[Instruction]) -> Iterator[tuple[Instruction, ...]]:
        for record in records:
            yield (record,)

    async def make(self, item: tuple[Instruction, ...], context: GenerationContext) -> Shard[Instruction]:
        (row,) = item
        size = len(row.instruction) + len(row.input) + len(row.output)
        if size > self.options.max_chars:
            return rejected(row, Rejection("row too long", f"{size} characters"))
        asked = await asyncio.gather(
            *(
                self._vote(row, context, model, sample)
                for model in (context.model, *context.voters)
                for sample in range(self.options.votes)
            ),
            return_exceptions=True,
        )
        for outcome in asked:
            if isinstance(outcome, BaseException) and not isinstance(outcome, Rejection):
                raise outcome
        votes = [vote.value for vote in asked if not isinstance(vote, BaseException)]
        entries = tuple(
            g for vote in asked if not isinstance(vote, BaseException) for g in vote.generated("score")
        )
        if not votes:
            first = next(vote for vote in asked if isinstance(vote, Rejection))
            checks = (Check(check="judge", verdict="not run", detail=first.reason),)
            return rejected(extended(row, checks=checks), first)
        score = mean(median(vote[name].score for vote in votes) for name in self.options.criteria)
        held = {check for vote in asked if not isinstance(vote, BaseException) for check in vote.checks()}
        checked = (*sorted(held, key=str), *self._checks(votes, len(asked), score))
        row = extended(row, generated=entries, checks=checked)
        agreed = agreement(votes)
        if score < self.options.min_score:
            return rejected(
                row, Rejection("low score", f"{score:.2f}, and {self.options.min_score:g} is needed")
            )
        if agreed is not None and agreed < self.options.min_agreement:
            return rejected(row, Rejection("votes disagree", f"agreement {agreed:.2f}"))
        return Shard((row,))

    async def _vote(
        self, row: Instruction, context: GenerationContext, model: Any, sample: int
    ) -> CheckedAnswer[dict[str, Vote]]:
        return await context.ask(
            "judge",
            VoteParser(self.options.criteria),
            {
                "instruction": row.instruction,
                "input": row.input,
                "output": row.output,
                "criteria": self.options.criteria,
            },
            row=row.id,
            max_new_tokens=96 * len(self.options.criteria),
            temperature=0.0 if self.options.votes == 1 else 0.7,
            sample=sample,
            model=model,
        )

    def _checks(self, votes: Sequence[Mapping[str, Vote]], asked: int, score: float) -> tuple[Check, ...]:
        agreed = agreement(votes)
        summary = "one vote" if agreed is None else f"agreement {agreed:.2f}"
        passed = score >= self.options.min_score and (agreed is None or agreed >= self.options.min_agreement)
        checks = [
            Check(
                check=f"judge: {name}",
                verdict="passed"
                if median(vote[name].score for vote in votes) >= self.options.min_score
                else "failed",
                detail=f"{', '.join(str(vote[name].score) for vote in votes)}: {votes[0][name].reason}",
            )
            for name in self.options.criteria
        ]
        whole = Check(
            check="judge",
            verdict="passed" if passed else "failed",
            detail=f"score {score:.2f}, {summary}, {len(votes)} of {asked} votes",
        )
        return (*checks, whole)
