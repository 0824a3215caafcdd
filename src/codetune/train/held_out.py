"""Writes the held-out rows as a dataset directory of their own, so that the tuned model can be graded on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from codetune.records import Instruction, Record
from codetune.store.dataset import Dataset, DatasetWriter, Shard
from codetune.store.stage_output import StageOutput

__all__ = ["HELD_OUT", "write_held_out"]

HELD_OUT = "held_out"
"""Folder of the dataset inside the training's folder."""


def write_held_out(stage: StageOutput, datasets: Sequence[Dataset[Record]], ids: Collection[str]) -> None:
    """Write `held_out/`; nothing is written where no instruction was held out.

    Args:
        stage: The training's folder.
        datasets: What the training read.
        ids: Of the held-out rows; only instructions among them can be graded and are written.
    """
    rows = {
        record.id: record
        for dataset in datasets
        if dataset.kind is Instruction
        for record in dataset
        if record.id in ids and isinstance(record, Instruction)
    }
    if not rows:
        return
    plan = replace(stage.plan, config={**stage.plan.config, "split": HELD_OUT})
    with StageOutput(stage.folder / HELD_OUT, plan) as part:
        if part.finished is not None:
            return
        writer = DatasetWriter(part, Instruction)
        writer.write(0, Shard(list(rows.values())))
        writer.finish(
            title="Rows held out of a training",
            description="Rows that the training measured on and did not learn.",
        )
