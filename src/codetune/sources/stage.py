"""Collect: read one source at one path, write its records as a dataset directory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from codetune.errors import DataError, UsageError
from codetune.sources.code_tags import tagged_shard, tagged_table
from codetune.sources.config import CollectConfig
from codetune.sources.detection import source_of_path
from codetune.sources.limit import LimitedRows
from codetune.sources.registry import get_source
from codetune.sources.source import STAGE, Collection, Source
from codetune.store.context import StageContext
from codetune.store.dataset import DatasetWriter
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput
from codetune.tasks.template_folder import check_template_folder, folder_inputs

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
        ConfigError: The folder of prompt templates is faulty.
        OutputError: The output folder can't be used.
    """
    if inputs:
        raise UsageError(
            "collect reads a source and takes no dataset as input", next_step="set `path` instead"
        )
    check_template_folder(config.prompt_templates)
    source = get_source(config.source)
    try:
        opened = source.open(config, context.seed)
    except DataError as error:
        raise _with_guess(error, source, config) from error
    plan = Plan(
        stage=STAGE,
        # The content counts, not where it lies.
        config=config.model_dump(mode="json", exclude={"path", "prompt_templates"}),
        inputs={**opened.inputs, **folder_inputs(config.prompt_templates, config.language)},
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage_output:
        if stage_output.finished is not None:
            return stage_output.finished
        return _collect(source, opened, config, stage_output, context)


def _with_guess(error: DataError, source: Source, config: CollectConfig) -> DataError:
    """The same error, with the source that the path looks like, where that is another one."""
    looks = source_of_path(config.path)
    if looks is None or looks == source.name:
        return error
    return DataError(error.what, where=error.where, next_step=f"it looks like the source {looks}")


def _collect(
    source: Source, opened: Collection, config: CollectConfig, output: StageOutput, context: StageContext
) -> RunCard:
    writer = DatasetWriter(output, source.record)
    limited: LimitedRows | None = None
    context.progress.start(f"collect {source.name}", opened.total)
    if config.limit is None:
        kept = 0
        for rows in writer.run(context.engine, partial(tagged_shard, opened.work), opened.items()):
            kept += rows
            context.progress.advance()
            context.progress.note(f"{kept:,} rows")
    else:
        limited = LimitedRows(
            output.folder, source.record, seed=context.seed, limit=config.limit, finished=tagged_table
        )
        for found in limited.write(context, opened.work, opened.items()):
            context.progress.advance()
            context.progress.note(f"{found:,} rows found")
    context.progress.finish()
    card = writer.finish(
        title=f"{source.record.__name__} records from {source.name}",
        description=f"{source.holds[:1].upper()}{source.holds[1:]}.",
        counts={} if limited is None else {"found": limited.found},
        results=dict(opened.notes),
    )
    if limited is not None:
        limited.clean_up()
    return card
