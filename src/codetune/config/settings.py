"""The base of every stage's settings: frozen, and closed to unknown keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

__all__ = ["Settings"]


class Settings(BaseModel):
    """Settings of one stage; the recipe's schema and the command's help are derived from them.

    Give each field a description (`Field(description=...)` or a docstring) with its unit and range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @classmethod
    def keys(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, FieldInfo]]:
        """Every key that `--set KEY=VALUE` takes, with its field.

        Args:
            values: What is given already; a subclass may have further keys that depend on it.
        """
        yield from cls.model_fields.items()

    @classmethod
    def path_of(cls, key: str, values: Mapping[str, Any]) -> tuple[str | int, ...]:
        """Where `--set KEY=VALUE` puts its value: by default at the key's dotted parts.

        Args:
            key: As the user wrote it.
            values: What is given already.

        Raises:
            ConfigError: A subclass knows that there is no such place.
        """
        return tuple(key.split("."))
