"""Which ways of asking for JSON one endpoint accepts, learned from its refusals.

    json_schema ─refused▶ simple_schema ─refused▶ json_object ─refused▶ prompt
         └──────────── answered: later requests start with this mode ──────────┘

A weaker mode is remembered only after a request in it was answered: a request that is refused in
every mode was refused for another reason. It is remembered for schemas with the same keywords,
because a server may reject one schema and accept others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from codetune.models.client.structured_modes import (
    STRUCTURED_MODES,
    Keywords,
    StructuredMode,
    in_mode,
    is_about_structure,
    keywords,
)

__all__ = ["StructuredFallback", "StructuredRequest"]

_MAX_IN_VAIN = 3
"""Requests with one set of keywords refused in every mode; after that no fallback is tried."""


@dataclass(frozen=True, slots=True)
class StructuredRequest:
    """A payload as it is sent, without the fields that every body of an endpoint has."""

    payload: bytes
    mode: StructuredMode | None
    """How it asks for JSON; None where it does not."""


@dataclass
class StructuredFallback:
    """The modes that one endpoint accepts.

    Args:
        first: The mode to start with; `auto` starts with the strongest and learns.
    """

    first: Literal["auto"] | StructuredMode = "auto"
    learned: dict[Keywords, StructuredMode] = field(default_factory=dict)
    _in_vain: Counter[Keywords] = field(default_factory=Counter)

    def request(self, payload: bytes) -> StructuredRequest:
        """A canonical payload in the mode this endpoint accepts, as far as is known."""
        if b'"response_format"' not in payload:
            return StructuredRequest(payload, None)
        mode: StructuredMode = "json_schema" if self.first == "auto" else self.first
        if self.learned:
            mode = self.learned.get(keywords(payload), mode)
        changed = in_mode(payload, mode)
        return (
            StructuredRequest(payload, "json_schema") if changed is None else StructuredRequest(changed, mode)
        )

    def weaker(
        self, payload: bytes, asked: StructuredRequest, status: int, message: str
    ) -> StructuredRequest | None:
        """What to send after a refusal, or None when the refusal stands.

        Args:
            payload: The canonical payload.
            asked: What was refused.
            status: HTTP status of the refusal.
            message: The server's message.
        """
        if self.first != "auto" or asked.mode is None or not is_about_structure(payload, status, message):
            return None
        kind = keywords(payload)
        if self._in_vain[kind] >= _MAX_IN_VAIN:
            return None
        known = self.learned.get(kind)  # learned by another request that was in flight at the same time
        if known is not None and STRUCTURED_MODES.index(known) > STRUCTURED_MODES.index(asked.mode):
            return self.request(payload)
        for mode in STRUCTURED_MODES[STRUCTURED_MODES.index(asked.mode) + 1 :]:
            changed = in_mode(payload, mode)
            if changed is not None:
                return StructuredRequest(changed, mode)
        if known is None:
            self._in_vain[kind] += 1
        return None

    def answered(self, payload: bytes, asked: StructuredRequest) -> bool:
        """Remember a weaker mode that was answered; True where it is new."""
        if asked.mode in (None, "json_schema") or self.first != "auto":
            return False
        assert asked.mode is not None
        kind = keywords(payload)
        known = self.learned.get(kind)
        if known is not None and STRUCTURED_MODES.index(known) >= STRUCTURED_MODES.index(asked.mode):
            return False
        self.learned[kind] = asked.mode
        return True
