"""How many stop strings one endpoint takes, learned from its refusals, and the cut at those it was not given.

OpenAI's protocol allows four, and newer versions of vLLM hold to it; llama.cpp and older servers take any
number. A server that refuses gets the first four, and goes on past the others: its answer is cut here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from codetune.models.client.payload import ParsedAnswer

__all__ = ["MAX_STOPS", "StopLimit", "cut_at_stops"]

MAX_STOPS = 4
"""Stop strings that every server takes."""

_ABOUT_STOPS = re.compile(r"\bstops?\b")


@dataclass
class StopLimit:
    """What one endpoint takes.

    Attributes:
        max_stops: The longest list it takes; None as long as none was refused.
    """

    max_stops: int | None = None

    def shortened(self, payload: bytes) -> bytes:
        """A canonical payload with no more stop strings than the endpoint takes."""
        if self.max_stops is None:
            return payload
        body = _body_with_stops(payload)
        if body is None or len(body["stop"]) <= self.max_stops:
            return payload
        body["stop"] = body["stop"][: self.max_stops]
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)

    def learn(self, sent: bytes, status: int, message: str) -> bool:
        """Read a refusal; True where the request is worth sending with fewer stop strings.

        Args:
            sent: The payload that was refused.
            status: HTTP status of the refusal.
            message: The server's message.
        """
        if status not in (400, 422) or _ABOUT_STOPS.search(message) is None:
            return False
        body = _body_with_stops(sent)
        if body is None or len(body["stop"]) <= MAX_STOPS:
            return False  # not for their number
        self.max_stops = MAX_STOPS
        return True


def cut_at_stops(answer: ParsedAnswer, stops: Sequence[str]) -> ParsedAnswer:
    """The answer up to the first stop string that the server may not have been given.

    Such a stop ended it; token counts stay what was paid for. The first four are left to the server: what one
    that ignores them says is for the reader of answers to see.
    """
    places = [place for stop in stops[MAX_STOPS:] if stop and (place := answer.text.find(stop)) >= 0]
    return replace(answer, text=answer.text[: min(places)], finish_reason="stop") if places else answer


def _body_with_stops(payload: bytes) -> dict[str, Any] | None:
    if b'"stop":[' not in payload:
        return None
    body: dict[str, Any] = orjson.loads(payload)
    return body if isinstance(body.get("stop"), list) else None
