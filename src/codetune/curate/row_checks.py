"""The checks that look at one row alone: syntax, secrets, overlap with a benchmark.

A row goes in, None or a `Rejection` comes out. Comparing rows with one another is in `duplicates`.
"""

from __future__ import annotations

from codetune.curate.config import CurateConfig
from codetune.curate.secrets import find_secret
from codetune.curate.syntax import check_syntax
from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.text.benchmark_index import BenchmarkIndex

__all__ = ["check_row", "full_text"]


def full_text(row: Instruction) -> str:
    """Everything a model would see of a row."""
    return "\n".join(part for part in (row.instruction, row.input, row.output) if part)


def check_row(config: CurateConfig, index: BenchmarkIndex | None, row: Instruction) -> Rejection | None:
    """The first check that a row fails, or None.

    Args:
        config: Which checks are run.
        index: Items of the benchmarks to stay clear of; None checks no overlap.
        row: The row.
    """
    if config.syntax and (rejection := check_syntax(row)):
        return rejection
    if config.secrets and (kind := find_secret(full_text(row))):
        return Rejection("secret", kind)
    if index is not None and (found := index.overlap(full_text(row))):
        return Rejection("overlaps a benchmark", found[0].describe())
    return None
