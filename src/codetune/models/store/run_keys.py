"""Which answers a run is made of: the keys in the lineage of its rows, and those of its scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from codetune.store.dataset import parquet_errors
from codetune.store.run_card import CARD_NAME

__all__ = ["KEYS_NAME", "keys_of_run"]

KEYS_NAME = "request_keys.txt"
"""File beside a score: the keys of its answers, one a line."""


def keys_of_run(folder: Path) -> dict[str, set[str]]:
    """Step -> keys of the answers that its own rows (kept and rejected) or scores are made of.

    A row carries its lineage through the steps after it; an answer counts for the first step that has it.

    Args:
        folder: A run, or the output folder of one stage.
    """
    steps = [folder] if (folder / CARD_NAME).is_file() else [p.parent for p in folder.glob(f"*/{CARD_NAME}")]
    steps.sort(key=lambda step: (step / CARD_NAME).stat().st_mtime_ns)
    found: dict[str, set[str]] = {}
    seen: set[str] = set()
    for step in steps:
        keys = set(_keys(step.resolve())) - seen
        if keys:
            found[step.name] = keys
            seen |= keys
    return found


def _keys(step: Path) -> Iterator[str]:
    for path in step.rglob(KEYS_NAME):
        yield from path.read_text("utf-8").split()
    for part in sorted([*step.glob("data/part-*.parquet"), *step.glob("rejects/part-*.parquet")]):
        with parquet_errors(part):
            file = pq.ParquetFile(part)
            if "lineage" not in file.schema_arrow.names:
                continue
            for batch in file.iter_batches(columns=["lineage"]):
                for lineage in batch.column("lineage").to_pylist():
                    for made in (lineage or {}).get("generated") or ():
                        if made["request_key"]:
                            yield made["request_key"]
