"""Several models that answer as one: each request goes to one of them, chosen by weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from codetune.models.client.payload import build_payload
from codetune.models.protocol import ChatModel, ChatReply, ChatRequest

__all__ = ["MixedModel"]


class MixedModel:
    """Spreads requests over models.

    The choice depends only on the request's content and sample number, not on order or time, so a
    rerun asks the same model and finds the answer in the store. The reply names the model.

    Args:
        name: The name of the mix in lineages.
        models: The models.
        weights: Share of each model, above 0.
    """

    def __init__(self, name: str, models: Sequence[ChatModel], weights: Mapping[str, float]) -> None:
        self.name = name
        self._models = tuple(models)
        total = sum(weights.values())
        self._bounds: list[float] = []
        reached = 0.0
        for weight in weights.values():
            reached += weight / total
            self._bounds.append(reached)

    @property
    def notices(self) -> tuple[str, ...]:
        """The notices of all its models; see `OpenAIClient.notices`."""
        return tuple(notice for model in self._models for notice in getattr(model, "notices", ()))

    async def context_length(self) -> int | None:
        """The smallest context of its models, as far as their servers say it."""
        asked = [getattr(model, "context_length", None) for model in self._models]
        found = [await one() for one in asked if one is not None]
        return min((tokens for tokens in found if tokens is not None), default=None)

    async def chat(self, request: ChatRequest) -> ChatReply:
        path, payload = build_payload(request, {})
        digest = blake2b(b"%s%d" % (path.encode(), request.sample), digest_size=8)
        digest.update(payload)
        place = int.from_bytes(digest.digest(), "big") / 2**64
        for model, bound in zip(self._models, self._bounds, strict=True):
            if place < bound:
                return await model.chat(request)
        return await self._models[-1].chat(request)
