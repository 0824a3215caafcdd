"""The base of every stage's settings: frozen, and closed to unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Settings"]


class Settings(BaseModel):
    """Settings of one stage; the recipe's schema and the command's help are derived from them.

    Give each field a `Field(description=...)` with its unit and range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
