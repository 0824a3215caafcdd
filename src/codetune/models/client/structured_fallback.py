"""What one endpoint turned out to take of JSON Schema, learned from its refusals.

    json_schema ─refused▶ simple_schema ─refused▶ json_object ─refused▶ prompt
         └──────────── answered: from here on asked like this ────────────┘

A weaker way is remembered only once it was answered: a request that is refused in every way was
refused for something else. It is remembered for schemas of the same keywords, since one schema may
be too much for a server that takes others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from codetune.models.client.structured_modes import (
    WAYS,
    Keywords,
    Structured,
    is_about_structure,
    keywords,
    reword,
)

__all__ = ["Asked", "Wordings"]

_IN_VAIN = 3
"""Requests of one kind that were refused in every way; then the refusal isn't for the schema."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A payload as it is really sent, but for what every body of an endpoint has."""

    payload: bytes
    way: Structured | None
    """How it asks for JSON; None where it doesn't."""


@dataclass
class Wordings:
    """The ways of one endpoint.

    Args:
        first: The way to begin with; `auto` begins with the strongest and learns.
    """

    first: Literal["auto"] | Structured = "auto"
    learned: dict[Keywords, Structured] = field(default_factory=dict)
    _in_vain: Counter[Keywords] = field(default_factory=Counter)

    def word(self, payload: bytes) -> Asked:
        """A canonical payload as this endpoint is to be asked."""
        if b'"response_format"' not in payload:
            return Asked(payload, None)
        way: Structured = "json_schema" if self.first == "auto" else self.first
        if self.learned:
            way = self.learned.get(keywords(payload), way)
        worded = reword(payload, way)
        return Asked(payload, "json_schema") if worded is None else Asked(worded, way)

    def weaker(self, payload: bytes, asked: Asked, status: int, said: str) -> Asked | None:
        """What to ask after a refusal, or None when the refusal stands.

        Args:
            payload: The canonical payload.
            asked: What was refused.
            status: Of the refusal.
            said: The server's words.
        """
        if self.first != "auto" or asked.way is None or not is_about_structure(payload, status, said):
            return None
        kind = keywords(payload)
        if self._in_vain[kind] >= _IN_VAIN:
            return None
        known = self.learned.get(kind)  # by another request that was on its way at the same time
        if known is not None and WAYS.index(known) > WAYS.index(asked.way):
            return self.word(payload)
        for way in WAYS[WAYS.index(asked.way) + 1 :]:
            worded = reword(payload, way)
            if worded is not None:
                return Asked(worded, way)
        if known is None:
            self._in_vain[kind] += 1
        return None

    def answered(self, payload: bytes, asked: Asked) -> bool:
        """Remember a way that was answered; returns whether that is news."""
        if asked.way in (None, "json_schema") or self.first != "auto":
            return False
        assert asked.way is not None
        kind = keywords(payload)
        known = self.learned.get(kind)
        if known is not None and WAYS.index(known) >= WAYS.index(asked.way):
            return False
        self.learned[kind] = asked.way
        return True
