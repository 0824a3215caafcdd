"""Synthesis as a stage: a dataset in, a dataset of instructions out, each request paid once.

What a model answered is in the request store before it is used, so a killed run goes on without
asking anything again; what was refused is in `rejects/` with the reason. The server of the
embedded model is started only when something has to be asked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from codetune.engine.progress import Progress
from codetune.errors import DataError
from codetune.models.open import open_model
from codetune.models.protocol import ChatModel
from codetune.records import Instruction
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.synth.config import SynthConfig
from codetune.synth.desk import AskSettings, Desk
from codetune.synth.drive import drive
from codetune.synth.generator import STAGE, Generator
from codetune.synth.lazy_model import LazyEmbeddedModel
from codetune.synth.prompt_shelf import load_prompts
from codetune.synth.registry import build_generator
from codetune.synth.running import ProgramRunner
from codetune.synth.selection import PartPlan, Selection, read_part, select

__all__ = ["run"]

_NOT_PLANNED = {"in_flight", "budget", "prompts", "model_map"}
"""Settings that can't change a row, or whose content is in the plan by its hash."""


def run(config: SynthConfig, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Make instructions from the rows of one or more datasets.

    Args:
        config: Which generator, which model, how many rows.
        inputs: Finished dataset directories of the type the generator takes.
        output: The stage's folder.
        context: Seed, cache (with the request store), progress.

    Raises:
        DataError: An input is not what the generator takes, or has no rows for it.
        ConfigError: A prompt or a setting is wrong.
        BackendError: No server answers.
        SafetyError: Programs have to be run and can't be isolated here.
    """
    generator = build_generator(config, seed=context.seed)
    if not inputs:
        raise DataError("synthesis needs a dataset to work on", next_step="name a finished dataset directory")
    datasets: list[Dataset[Any]] = [Dataset(folder, generator.consumes) for folder in inputs]
    prompts = load_prompts(generator, config.language, config.prompts)
    plan = Plan(
        stage=STAGE,
        config={
            **config.model_dump(mode="json", exclude=_NOT_PLANNED),
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
            samples=config.samples,
            seed=context.seed,
            programming_languages=config.programming_languages,
            part_rows=config.part_rows,
        )
        writer = DatasetWriter(folder, Instruction)
        asyncio.run(_work(config, generator, prompts, selection, writer, context))
        return writer.finish(
            title=f"{config.generator}: instructions written by {config.model}",
            description=f"Made by the generator {config.generator}: {generator.summary}.",
            counts=selection.counts,
            results={"checks": _checks(folder.folder)},
        )


async def _work(
    config: SynthConfig,
    generator: Generator,
    prompts: Any,
    selection: Selection,
    writer: DatasetWriter[Instruction],
    context: StageContext,
) -> None:
    runner = ProgramRunner(partial(_open_executor, context.cache))
    settings = AskSettings(
        seed=context.seed,
        temperature=config.temperature,
        max_new_tokens=config.max_new_tokens,
        retries=config.retries,
        shots=config.shots,
    )
    done = sum(len(part) for i, part in enumerate(selection.parts) if writer.is_done(i))
    context.progress.start(f"synth {config.generator}", selection.counts["selected"])
    context.progress.advance(done)
    try:
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(runner.close)
            model = await stack.enter_async_context(_open(config.model, config, context))
            voters = [await stack.enter_async_context(_open(name, config, context)) for name in config.judges]
            desk = Desk(model, prompts, runner, settings, tuple(voters))
            await drive(
                _todo(selection, writer, generator),
                generator,
                desk,
                write=writer.write,
                in_flight=config.in_flight,
                advance=partial(_advance, context.progress, desk),
            )
    finally:
        context.progress.finish()


def _todo(
    selection: Selection, writer: DatasetWriter[Instruction], generator: Generator
) -> Iterator[tuple[int, partial[list[Any]]]]:
    for index, part in enumerate(selection.parts):
        if not writer.is_done(index):
            yield index, partial(_read, part, generator)


def _read(part: PartPlan, generator: Generator) -> list[Any]:
    return list(read_part(part, generator.consumes))


def _advance(progress: Progress, desk: Desk, rows: int) -> None:
    progress.advance(rows)
    asked, stored = desk.counts["asked"], desk.counts["stored"]
    progress.note(f"{asked:,} asked, {stored:,} from the store")


@contextlib.asynccontextmanager
async def _open(name: str, config: SynthConfig, context: StageContext) -> AsyncIterator[ChatModel]:
    store = context.cache / "requests.sqlite"
    if name == "local" or name.endswith(".gguf"):
        weights = None if name == "local" else Path(name)
        lazy = LazyEmbeddedModel(weights, store, slots=min(config.in_flight, 8))
        try:
            yield lazy
        finally:
            await lazy.close()
    else:
        async with open_model(name, store=store, model_map=config.model_map) as model:
            yield model


def _open_executor(cache: Path) -> Any:
    from codetune.execution.sandbox import open_executor

    return open_executor(cache=cache / "verdicts.sqlite")


def _checks(folder: Path) -> dict[str, dict[str, int]]:
    """How each check ended, over kept and refused rows; read from disk, so restarts don't matter."""
    found: dict[str, Counter[str]] = {}
    for path in [
        *sorted((folder / "data").glob("*.parquet")),
        *sorted((folder / "rejects").glob("*.parquet")),
    ]:
        for lineage in pq.read_table(path, columns=["lineage"]).column("lineage").to_pylist():
            for check in (lineage or {}).get("checks") or ():
                found.setdefault(check["check"], Counter())[check["verdict"]] += 1
    return {name: dict(sorted(counts.items())) for name, counts in found.items()}
