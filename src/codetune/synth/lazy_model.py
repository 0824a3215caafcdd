"""A model that is opened only when something has to be asked: a fully stored rerun starts nothing."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from codetune.models.embedded import EmbeddedServer
from codetune.models.open import open_model
from codetune.models.payload import build_payload, parse_answer, request_key
from codetune.models.protocol import ChatModel, ChatReply, ChatRequest
from codetune.models.store import RequestStore

__all__ = ["LazyEmbeddedModel"]


class LazyEmbeddedModel:
    """The embedded server's model, answered from the store as long as that is enough.

    Args:
        weights: A .gguf file; None takes the embedded model.
        store: The request store.
        slots: Requests the server answers at the same time.
    """

    def __init__(self, weights: Path | None, store: Path, *, slots: int) -> None:
        self._server = EmbeddedServer(weights, slots=slots)
        self._path = store
        self._store = RequestStore(store)
        self._stack = contextlib.AsyncExitStack()
        self._opening = asyncio.Lock()
        self._model: ChatModel | None = None

    @property
    def name(self) -> str:
        return self._server.model_name

    @property
    def started(self) -> bool:
        """Whether the server had to be started."""
        return self._model is not None

    async def chat(self, request: ChatRequest) -> ChatReply:
        if self._model is None:
            stored = self._stored(request)
            if stored is not None:
                return stored
            async with self._opening:
                if self._model is None:
                    await asyncio.to_thread(self._server.__enter__)
                    self._stack.callback(self._server.stop)
                    self._model = await self._stack.enter_async_context(
                        open_model(self._server, store=self._path)
                    )
        return await self._model.chat(request)

    def _stored(self, request: ChatRequest) -> ChatReply | None:
        path, payload = build_payload(request, {})
        key = request_key(self.name, path, payload, request.sample)
        answer = self._store.get(key)
        if answer is None:
            return None
        parsed = parse_answer(answer.response)
        return ChatReply(
            text=parsed.text,
            finish_reason=parsed.finish_reason,
            prompt_tokens=parsed.prompt_tokens,
            completion_tokens=parsed.completion_tokens,
            model=self.name,
            key=key.hex(),
            stored=True,
        )

    async def close(self) -> None:
        """Stop the server and let go of the store."""
        await self._stack.aclose()
        self._store.close()
