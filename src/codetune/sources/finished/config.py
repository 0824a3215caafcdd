"""Settings of the stage `dataset`."""

from __future__ import annotations

from pydantic import Field

from codetune.config.settings import Settings

__all__ = ["DatasetConfig"]


class DatasetConfig(Settings):
    """Which finished dataset directory is taken over."""

    path: str = Field(
        min_length=1,
        description="A dataset directory of codetune: a folder, or its address (s3://, gs://, hf://).",
    )
