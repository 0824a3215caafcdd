"""Synthesis as a stage: a dataset in, a dataset of instructions out, each request paid once.

Each answer is in the request store before it is used, so a killed run continues without asking again.
Rejected rows are in `rejects/` with the reason. The embedded model's server starts with the first
request that is not in the store.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from codetune.engine.progress import Progress
from codetune.errors import DataError
from codetune.records import Instruction
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, Shard, read_rows
from codetune.store.hashing import code_hash
from codetune.store.row_selection import ChosenRows, read_chosen
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.synth.config import SynthConfig
from codetune.synth.generator import STAGE, Generator, StatefulGenerator, SurveyingGenerator
from codetune.synth.options import options_of
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import build_generator
from codetune.synth.runtime.diversity import diversity_of
from codetune.synth.runtime.generation_context import GenerationContext
from codetune.synth.runtime.scheduler import schedule
from codetune.synth.runtime.selection import Selection, select
from codetune.synth.runtime.session import Session, identity, loads_weights, with_commits

__all__ = ["open_inputs", "run"]

_NOT_PLANNED = {"in_flight", "budget", "prompts", "model_map"}
"""Settings that can't change a row, or whose content is in the plan by its hash."""


def run(config: SynthConfig, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Make instructions from the rows of one or more datasets.

    Args:
        config: Which generator, which model, how many rows.
        inputs: Finished dataset directories of the type the generator takes.
        output: The stage's folder.
        context: Seed, cache (with the request store), engine, progress.

    Raises:
        DataError: An input is not what the generator takes, or has no rows for it.
        ConfigError: A prompt or a setting is wrong.
        UsageError: No endpoint of the model answers.
        BudgetSpentError: The budget is used up; what was answered is kept for the next run.
        SafetyError: Programs have to be run and can't be isolated here.
    """
    config = with_commits(config)
    generator = build_generator(config, seed=context.seed)
    datasets = open_inputs(inputs, generator)
    prompts = load_prompts(generator, config.language, config.prompts)
    plan = Plan(
        stage=STAGE,
        config={
            **config.model_dump(mode="json", exclude=_NOT_PLANNED),
            "model": identity(config.model),
            "profile": config.chosen_profile,
            "judges": [identity(name) for name in config.judges],
            "options": options_of(config.generator, config.options, config.chosen_profile).model_dump(
                mode="json"
            ),
            "prompts": {prompt.name: prompt.hash for prompt in prompts.values()},
        },
        inputs={f"input {i}": dataset.card.output_hash for i, dataset in enumerate(datasets, start=1)},
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as folder:
        if folder.finished is not None:
            return folder.finished
        selection = select(
            datasets,
            rows=config.rows,
            seed=context.seed,
            programming_languages=config.programming_languages,
            part_rows=config.part_rows,
        )
        writer = DatasetWriter[Any](folder, generator.produces)
        if isinstance(generator, SurveyingGenerator):
            generator = generator.surveyed(chain.from_iterable(datasets))
        session = Session(config=config, prompts=prompts, cache=context.cache, seed=context.seed)
        _make_parts(session, generator, datasets, selection, writer, context)
        diversity = diversity_of(folder.folder)
        told = diversity.lines() if diversity is not None else ()
        results: dict[str, Any] = {"checks": _checks(folder.folder)}
        if diversity is not None:
            results["diversity"] = asdict(diversity)
        return writer.finish(
            title=f"{config.generator}: rows written by {identity(config.model)}",
            description=" ".join((f"Made by the generator {config.generator}: {generator.summary}.", *told)),
            counts=selection.counts,
            results=results,
        )


def open_inputs(inputs: Sequence[Path], generator: Generator) -> list[Dataset[Any]]:
    """The input datasets, of the type the generator takes.

    Raises:
        DataError: There is none, or one is something else.
    """
    if not inputs:
        raise DataError("synthesis needs a dataset to work on", next_step="name a finished dataset directory")
    return [Dataset(folder, generator.consumes) for folder in inputs]


def _make_parts(
    session: Session,
    generator: Generator,
    datasets: Sequence[Dataset[Any]],
    selection: Selection,
    writer: DatasetWriter[Any],
    context: StageContext,
) -> None:
    config = session.config
    notices: list[str] = []
    context.progress.start(f"synth {config.generator}", selection.counts["selected"])
    try:
        context.progress.advance(
            sum(len(part) for i, part in enumerate(selection.parts) if writer.is_done(i))
        )
        several = context.engine.workers > 1
        alone = _why_alone(config, generator) if several else None
        if alone is not None:
            context.progress.note(f"one worker, since {alone}")
        elif several:
            session = replace(session, workers=context.engine.workers)
            waiting = [len(part) for i, part in enumerate(selection.parts) if not writer.is_done(i)]
            made = writer.run(context.engine, partial(_one_part, session, generator), selection.parts)
            for rows, _ in zip(waiting, made, strict=True):
                context.progress.advance(rows)
            return
        if isinstance(generator, StatefulGenerator):
            generator.load(_earlier(datasets, writer))
        asyncio.run(_in_one_loop(session, generator, selection, writer, context.progress, notices))
    finally:
        context.progress.finish()
        for notice in notices:
            context.progress.note(notice)


def _why_alone(config: SynthConfig, generator: Generator) -> str | None:
    """Why one process has to make all parts, or None."""
    if any(loads_weights(name, config.model_map) for name in (config.model, *config.judges)):
        return "the model is loaded once, by one process"
    if config.budget is not None:
        return "a budget is kept by one process"
    if isinstance(generator, StatefulGenerator):
        return f"{config.generator} compares each part with those before it"
    return None


async def _in_one_loop(
    session: Session,
    generator: Generator,
    selection: Selection,
    writer: DatasetWriter[Any],
    progress: Progress,
    notices: list[str],
) -> None:
    todo = (
        (index, partial(_read, part, generator))
        for index, part in enumerate(selection.parts)
        if not writer.is_done(index)
    )
    async with session.open() as generation:
        try:
            await schedule(
                todo,
                generator,
                generation,
                write=writer.write,
                in_flight=session.config.in_flight,
                secrets=session.config.secrets,
                on_progress=partial(_advance, progress, generation),
            )
        finally:
            notices.extend(generation.notices())


def _one_part(session: Session, generator: Generator, part: ChosenRows) -> Shard[Any]:
    """One part in a worker of the engine's."""
    made: list[Shard[Any]] = []

    async def work() -> None:
        async with session.open() as generation:
            await schedule(
                [(0, partial(_read, part, generator))],
                generator,
                generation,
                write=lambda _, shard: made.append(shard),
                in_flight=session.config.in_flight,
                secrets=session.config.secrets,
            )

    asyncio.run(work())
    return made[0]


def _read(part: ChosenRows, generator: Generator) -> list[Any]:
    return list(read_chosen(part, generator.consumes))


def _earlier(datasets: Sequence[Dataset[Any]], writer: DatasetWriter[Any]) -> Iterator[Instruction]:
    """All rows that new ones have to differ from: the inputs', then those of finished parts."""
    for dataset in datasets:
        yield from dataset
    for path in sorted((writer.output.folder / "data").glob("part-*.parquet")):
        yield from read_rows(path, Instruction)


def _advance(progress: Progress, generation: GenerationContext, rows: int) -> None:
    progress.advance(rows)
    asked, stored = generation.counts["asked"], generation.counts["stored"]
    progress.note(f"{asked:,} asked, {stored:,} from the store")


def _checks(folder: Path) -> dict[str, dict[str, int]]:
    """How each check ended, over kept and refused rows; read from disk, so restarts don't matter."""
    found: dict[str, Counter[str]] = {}
    for path in [
        *sorted((folder / "data").glob("*.parquet")),
        *sorted((folder / "rejects").glob("*.parquet")),
    ]:
        for batch in pq.ParquetFile(path).iter_batches(columns=["lineage"]):
            for lineage in batch.column("lineage").to_pylist():
                for check in (lineage or {}).get("checks") or ():
                    found.setdefault(check["check"], Counter())[check["verdict"]] += 1
    return {name: dict(sorted(counts.items())) for name, counts in found.items()}
