"""Settings of the report stage."""

from __future__ import annotations

from pydantic import Field

from codetune.config.settings import Settings

__all__ = ["ReportConfig"]


class ReportConfig(Settings):
    """What the page shows, and how much of it."""

    title: str = Field(
        default="codetune report",
        min_length=1,
        max_length=200,
        description="Title of the page and its window.",
    )
    samples_per_task: int = Field(
        default=3, ge=0, le=50, description="Records shown of each task, drawn with the run's seed."
    )
    examples: int = Field(
        default=3,
        ge=0,
        le=20,
        description="Held-out rows shown with the answers of both models, drawn with the run's seed.",
    )
    differences: int = Field(
        default=6, ge=0, le=200, description="Problems shown that one model solved and the other did not."
    )
    max_code_lines: int = Field(
        default=60, ge=5, le=2_000, description="Lines shown of a piece of code or text; the rest is counted."
    )
