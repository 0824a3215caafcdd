"""Datasets that benchmarks make for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codetune.records import Record
from codetune.store.dataset import DatasetWriter, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput


def write_dataset(folder: Path, kind: type[Record], rows: Sequence[Record]) -> Path:
    """A finished dataset directory with one part."""
    with StageOutput(folder, Plan(stage="bench", config={}, inputs={}, code="")) as output:
        writer = DatasetWriter(output, kind)
        writer.write(0, Shard(list(rows)))
        writer.finish(title="rows", description="made for a benchmark")
    return folder
