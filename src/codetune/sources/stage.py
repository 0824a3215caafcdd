"""Collect: read one source at one place, write its records as a dataset directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codetune.errors import DataError, UsageError
from codetune.sources.config import CollectConfig
from codetune.sources.detection import source_of_path
from codetune.sources.limit import Chosen, Ranks, cutoff_of
from codetune.sources.registry import get_source
from codetune.sources.source import STAGE, Collection, Source
from codetune.store.context import StageContext
from codetune.store.dataset import DatasetWriter
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput

__all__ = ["run"]


def run(config: CollectConfig, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Collect the records of one source.

    Args:
        config: Which source, where, which rows.
        inputs: Must be empty: what a source reads is named by `config.path`.
        output: Dataset directory to write.
        context: Seed, engine, progress.

    Raises:
        DataError: Nothing of this source is there, or it can't be read.
        OutputError: The output folder can't be used.
    """
    if inputs:
        raise UsageError(
            "collect starts the way and takes no dataset as input", next_step="set `path` instead"
        )
    source = get_source(config.source)
    try:
        opened = source.open(config, context.seed)
    except DataError as error:
        raise _with_guess(error, source, config) from error
    plan = Plan(
        stage=STAGE,
        config=config.model_dump(mode="json", exclude={"path"}),  # the content counts, not where it lies
        inputs=dict(opened.inputs),
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage_output:
        if stage_output.finished is not None:
            return stage_output.finished
        return _collect(source, opened, config, stage_output, context)


def _with_guess(error: DataError, source: Source, config: CollectConfig) -> DataError:
    """The same refusal, with the source that the place looks like, where that is another one."""
    looks = source_of_path(config.path)
    if looks is None or looks == source.name:
        return error
    return DataError(error.what, where=error.where, next_step=f"it looks like the source {looks}")


def _collect(
    source: Source, opened: Collection, config: CollectConfig, output: StageOutput, context: StageContext
) -> RunCard:
    work, found = opened.work, None
    progress = context.progress
    if config.limit is not None:
        progress.start(f"choose from {source.name}", opened.total)
        results = []
        for result in context.engine.map(Ranks(opened.work, context.seed, config.limit), opened.items()):
            results.append(result)
            progress.advance()
        progress.finish()
        found, cutoff = cutoff_of(results, config.limit)
        work = Chosen(opened.work, context.seed, cutoff) if cutoff is not None else opened.work
    writer = DatasetWriter(output, source.record)
    progress.start(f"collect {source.name}", opened.total)
    kept = 0
    for rows in writer.run(context.engine, work, opened.items()):
        kept += rows
        progress.advance()
        progress.note(f"{kept:,} rows")
    progress.finish()
    counts = {} if found is None else {"found": found}
    return writer.finish(
        title=f"{source.record.__name__} records from {source.name}",
        description=f"{source.holds[:1].upper()}{source.holds[1:]}.",
        counts=counts,
        results=dict(opened.notes),
    )
