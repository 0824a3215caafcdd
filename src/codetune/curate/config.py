"""Settings of the curate stage."""

from __future__ import annotations

from pydantic import Field

from codetune.config.settings import Settings

__all__ = ["CurateConfig"]


class CurateConfig(Settings):
    """Which rows are rejected, and at which threshold. A check set to false (or empty) is not run."""

    syntax: bool = Field(True, description="Reject rows whose code does not parse.")
    secrets: bool = Field(True, description="Reject rows that hold a credential.")
    without_tags: tuple[str, ...] = Field(
        ("no-indentation",),
        description="Reject rows with one of these tags, whole (`level:advanced`) or by kind (`level`).",
    )
    decontaminate: tuple[str, ...] = Field(
        ("humaneval",), description="Benchmarks none of whose items a row may overlap."
    )
    checks: tuple[str, ...] = Field(
        (), description="Names of further checks, which your code has added to `ROW_CHECKS`."
    )
    exact: bool = Field(True, description="Reject rows equal to an earlier one but for white space.")
    near_duplicate_jaccard: float | None = Field(
        0.7,
        gt=0.0,
        le=1.0,
        description="Reject a row whose 5-gram Jaccard similarity with an earlier kept row of the "
        "same task reaches this fraction; null does not look.",
    )
    max_rejected_fraction: float = Field(
        0.95,
        gt=0.0,
        le=1.0,
        description="Stop when near-duplicates alone would reject more than this fraction of a "
        "source's rows: that is boilerplate or a wrong threshold, not duplication.",
    )
