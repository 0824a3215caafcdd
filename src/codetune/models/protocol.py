"""The protocol of everything that answers a chat: `ChatRequest` in, `ChatReply` out.

The embedded server, a remote vLLM and the tests' stub all implement `ChatModel`. How a request is
sent, stored or retried is not part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from codetune.records import Message

__all__ = ["ChatModel", "ChatReply", "ChatRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One request. Requests that are equal, `sample` included, are sent and paid for once."""

    messages: Sequence[Message] = ()
    """Turns so far. A last turn of role `assistant` is a prefix that the model continues; the
    reply's text is what comes after it."""
    prompt: str | None = None
    """Text to complete without a chat template; then `messages` is empty."""
    max_new_tokens: int
    temperature: float = 0.0
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    """Sent as `seed + sample`, so that the samples of one question differ."""
    stop: tuple[str, ...] = ()
    json_schema: Mapping[str, Any] | None = None
    """JSON Schema that the text of the reply must satisfy."""
    sample: int = 0
    """Which of several answers to the same question this is; part of the request's key."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Server-specific fields, merged into the payload last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """One answer of a server."""

    text: str
    finish_reason: str | None
    """`stop`, `length` or another; with `length` the answer was cut off at the token limit."""
    prompt_tokens: int | None
    completion_tokens: int | None
    model: str
    key: str
    """Key in the request store; goes into the lineage of whatever is made from `text`."""
    stored: bool = False
    """True where the answer came from the store and nothing was sent."""
    asked_as: str | None = None
    """How JSON was asked for, a `codetune.models.client.structured_modes.StructuredMode`: weaker than `json_schema` where the
    server refused that. None where no JSON was asked for, or the mode is not known."""


@runtime_checkable
class ChatModel(Protocol):
    """Anything that answers a `ChatRequest`. Implementations are safe for concurrent calls."""

    @property
    def name(self) -> str:
        """What lineage and run cards call this model."""
        ...

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer once.

        Raises:
            RequestRefusedError: The server refused this request (4xx); asking again is useless.
            BackendUnavailableError: Retries are used up.
        """
        ...
