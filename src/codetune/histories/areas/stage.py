"""The stage `area`: a dataset of edits in, the same edits with drawn target areas out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from codetune.edits.area import AreaSettings, draw_area
from codetune.errors import DataError
from codetune.records import Edit
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, Shard, read_rows
from codetune.store.hashing import code_hash
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput

__all__ = ["run"]


def run(config: AreaSettings, inputs: Sequence[Path], output: Path, context: StageContext) -> RunCard:
    """Draw a target area for every edit; one that an edit has already is drawn again.

    Args:
        config: The probabilities.
        inputs: Finished datasets of `Edit` rows.
        output: Folder of the dataset of `Edit` rows; part i comes from input part i alone.
        context: Seed, engine, progress.

    Raises:
        DataError: No input, or one that holds other rows.
        OutputError: The folder holds another run's output or can't be written.
    """
    if not inputs:
        raise DataError("the stage area has no input", next_step="give a dataset of edits")
    datasets = [Dataset(folder, Edit) for folder in inputs]
    plan = Plan(
        stage="area",
        config=config.model_dump(mode="json"),
        inputs={f"input {number}": data.card.output_hash for number, data in enumerate(datasets, 1)},
        code=code_hash(__name__),
        seed=context.seed,
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        writer = DatasetWriter(stage, Edit)
        parts = [part for data in datasets for part in data.parts()]
        context.progress.start("target areas (parts)", len(parts))
        try:
            for _ in writer.run(
                context.engine, partial(_with_areas, config=config, seed=context.seed), parts
            ):
                context.progress.advance()
        finally:
            context.progress.finish()
        return writer.finish(
            title="Edits with target areas",
            description="Edits, each with the place that the programmer points at: a cursor, a selection, or none.",
            counts={"read": sum(len(data) for data in datasets)},
        )


def _with_areas(part: Path, *, config: AreaSettings, seed: int) -> Shard[Edit]:
    return Shard(
        [
            replace(edit, id="", area=draw_area(edit.current.code, edit.next, config, seed, edit.id))
            for edit in read_rows(part, Edit)
        ]
    )
