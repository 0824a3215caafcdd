"""Forecast a run: work on a sample of the rows and scale up requests, tokens, hours and money.

The answers go into the request store, so the run does not pay for them again. Nothing else is
written.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from codetune.errors import BackendError
from codetune.models.budget.forecast import Forecast, forecast
from codetune.models.protocol import ChatModel, ChatReply, ChatRequest
from codetune.models.store.request_store import RequestStore
from codetune.store.context import StageContext
from codetune.store.dataset import Shard
from codetune.store.row_selection import ChosenRows, read_chosen
from codetune.synth.config import SynthConfig
from codetune.synth.generator import StatefulGenerator
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import build_generator
from codetune.synth.runtime.scheduler import schedule
from codetune.synth.runtime.selection import select
from codetune.synth.runtime.session import STORE, Session, is_local
from codetune.synth.stage import open_inputs

__all__ = ["DryRun", "dry_run"]

_FEWEST_ROWS = 16
_MOST_ROWS = 64


@dataclass(frozen=True)
class DryRun:
    """The forecast, and the results of the sampled rows."""

    rows: int
    """Rows that a run would work on."""
    sampled_rows: int
    kept: int
    """Of the sampled rows' results, those that were kept."""
    reasons: dict[str, int]
    """Reason -> sampled rows rejected for it."""
    forecast: Forecast


@dataclass
class _Recorder:
    """A model that records the outcome of each request."""

    model: ChatModel
    outcomes: list[ChatReply | BackendError] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.model.name

    async def chat(self, request: ChatRequest) -> ChatReply:
        try:
            reply = await self.model.chat(request)
        except BackendError as error:
            self.outcomes.append(error)
            raise
        self.outcomes.append(reply)
        return reply


def dry_run(
    config: SynthConfig, inputs: Sequence[Path], context: StageContext, *, sampled_rows: int | None = None
) -> DryRun:
    """Work on a few rows and scale up.

    Args:
        config: As for the run.
        inputs: Likewise.
        context: Likewise; answers go to its request store.
        sampled_rows: Rows to work on; None takes 16, or for a server elsewhere as many as the run has
            in flight, but at most 64 and a quarter of the rows.

    Raises:
        What `codetune.synth.stage.run` raises.
    """
    generator = build_generator(config, seed=context.seed)
    datasets = open_inputs(inputs, generator)
    prompts = load_prompts(generator, config.language, config.prompts)
    selection = select(
        datasets,
        rows=config.rows,
        seed=context.seed,
        programming_languages=config.programming_languages,
        part_rows=config.part_rows,
    )
    rows = selection.counts["selected"]
    if sampled_rows is None:
        busy = 0 if is_local(config.model) else min(config.in_flight, _MOST_ROWS, rows // 4)
        sampled_rows = max(_FEWEST_ROWS, busy)
    part = _spread(selection.parts, sampled_rows)
    if isinstance(generator, StatefulGenerator):
        for dataset in datasets:
            generator.load(dataset)
    made: list[Shard[Any]] = []
    session = Session(config=config, prompts=prompts, cache=context.cache, seed=context.seed)

    async def work() -> tuple[list[ChatReply | BackendError], float]:
        async with session.open() as generation:
            recorder = _Recorder(generation.model)
            generation.model = recorder
            generation.voters = tuple(_Recorder(voter, recorder.outcomes) for voter in generation.voters)
            began = time.monotonic()
            await schedule(
                [(0, lambda: list(read_chosen(part, generator.consumes)))],
                generator,
                generation,
                write=lambda _, shard: made.append(shard),
                in_flight=config.in_flight,
                secrets=config.secrets,
                on_progress=partial(_tell, context),
            )
            return recorder.outcomes, time.monotonic() - began

    context.progress.start("sampling", len(part))
    try:
        outcomes, seconds = asyncio.run(work())
    finally:
        context.progress.finish()
    reasons: dict[str, int] = {}
    for reject in made[0].rejected:
        reasons[reject.reason] = reasons.get(reject.reason, 0) + 1
    with RequestStore(context.cache / STORE) as store:

        def usd(reply: ChatReply) -> float | None:
            answer = store.get(bytes.fromhex(reply.key))
            return answer.cost_usd if answer is not None else None

        expected = forecast(
            outcomes, requests=round(len(outcomes) / len(part) * rows), seconds=seconds, usd=usd
        )
    return DryRun(rows, len(part), len(made[0].kept), reasons, expected)


def _tell(context: StageContext, rows: int) -> None:
    context.progress.advance(rows)


def _spread(parts: Sequence[ChosenRows], rows: int) -> ChosenRows:
    """Draw rows at even distances, because neighbouring rows come from one file and are alike."""
    places = [(path, number) for part in parts for path, numbers in part.rows for number in numbers]
    count = min(rows, len(places))
    chosen: dict[Path, list[int]] = {}
    for i in range(count):
        path, number = places[i * len(places) // count]
        chosen.setdefault(path, []).append(number)
    return ChosenRows(tuple((path, tuple(numbers)) for path, numbers in chosen.items()))
