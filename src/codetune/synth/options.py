"""Each generator's own settings; light, so that a recipe is checked without loading anything."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field

from codetune.config.settings import Settings

__all__ = ["OPTIONS", "InstructFromCodeOptions", "options_of"]


class InstructFromCodeOptions(Settings):
    """Two rounds: the task that code solves, then the program that makes the code run."""

    min_words: int = Field(default=5, ge=1)
    """Fewest words of a statement."""
    max_words: int = Field(default=60, ge=4)
    """Most words; each row draws its own length up to this."""
    input_output_share: float = Field(default=0.3, ge=0, le=1)
    """Share of rows whose statement has to describe what goes in and what comes out."""
    min_grounded: float = Field(default=0.5, ge=0, le=1)
    """Least share of a statement's content words that also occur in the code or its documentation."""
    snippets_per_request: int = Field(default=1, ge=1, le=20)
    """Snippets that share one request in round one; more is cheaper, and harder for the model."""
    code_chars: int = Field(default=1500, ge=100)
    """Code shown to the model is cut at a line's end after so many characters."""
    max_code_chars: int = Field(default=4000, ge=100)
    """Longer snippets are refused: what is not shown can't be completed."""
    complete: bool = True
    """Whether round two is asked at all."""
    accept: Literal["program", "statement"] = "program"
    """`program` keeps rows that passed both rounds; `statement` keeps those of round one too, with
    the code as it was found."""
    unrunnable: Literal["keep", "refuse"] = "keep"
    """Programs in a language that this machine can't run: kept as `not run`, or refused."""
    cpu_seconds: float = Field(default=5.0, gt=0, le=60)
    """CPU time a program may take."""


OPTIONS: Mapping[str, type[Settings]] = MappingProxyType({"instruct-from-code": InstructFromCodeOptions})
"""Generator -> class of its options."""


def options_of(generator: str, given: Mapping[str, Any]) -> Settings:
    """A generator's options with the given ones set.

    Raises:
        pydantic.ValidationError: An option is unknown or out of range.
    """
    return OPTIONS[generator].model_validate(dict(given))
