"""A `ChatModel` that asks once: the store first, then the client, and the store again.

chat ──▶ stored? ──yes──▶ reply
          │no
          ▼
    someone of us asking it now? ──yes──▶ wait for their answer
          │no
          ▼
    client ──▶ store commits ──▶ reply
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from codetune.errors import BackendError
from codetune.models.client import OpenAIClient, ServerAnswer
from codetune.models.payload import ParsedAnswer, build_payload, parse_answer, request_key
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.store import Answer, Failure, RequestStore, now

__all__ = ["StoredModel"]

_BYTES_PER_TOKEN = 3.0
"""A low guess, so that what is reserved of a limit is rather too much; corrected by the answer."""


class StoredModel:
    """One model behind a client, with every answer kept.

    Args:
        client: Where answers come from.
        store: Where they stay; None keeps nothing.
        name: The model's name in lineage and in the request's identity; None takes the spec's.
        fields: Merged into each body without being part of the identity (`lora` of llama.cpp:
            the identity has the adapter's hash in its name).
    """

    def __init__(
        self,
        client: OpenAIClient,
        store: RequestStore | None,
        *,
        name: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._name = name or client.spec.name
        self._fields = dict(fields or {})
        self._asking: dict[bytes, asyncio.Future[ChatReply]] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def client(self) -> OpenAIClient:
        """What asks, for its counts and its health."""
        return self._client

    async def chat(self, request: ChatRequest) -> ChatReply:
        path, payload = build_payload(request, self._client.spec.body)
        key = request_key(self._name, path, payload, request.sample)
        prefix = _prefix(request)
        if self._store is not None:
            answer = self._store.get(key)
            if answer is not None:
                return self._reply(key, parse_answer(answer.response, prefix=prefix), stored=True)
        while (running := self._asking.get(key)) is not None:
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                if not running.cancelled():
                    raise  # it is we who are cancelled; else whoever asked was, and it's our turn
        mine: asyncio.Future[ChatReply] = asyncio.get_running_loop().create_future()
        self._asking[key] = mine
        try:
            reply = await self._ask(request, path, payload, key, prefix)
        except BaseException as error:
            if isinstance(error, Exception):
                mine.set_exception(error)
                mine.exception()  # it may be that nobody else waits
            else:
                mine.cancel()
            raise
        else:
            mine.set_result(reply)
            return reply
        finally:
            del self._asking[key]

    async def _ask(
        self, request: ChatRequest, path: str, payload: bytes, key: bytes, prefix: str
    ) -> ChatReply:
        try:
            answer = await self._client.complete(
                path,
                payload,
                expected_tokens=len(payload) / _BYTES_PER_TOKEN + request.max_new_tokens,
                prefix=prefix,
                may_be_empty=bool(prefix or request.stop or request.prompt is not None),
                fields=self._fields,
            )
        except BackendError as error:
            if self._store is not None:
                await self._commit(
                    Failure(
                        key=key, model=self._name, sample=request.sample, payload=payload,
                        kind=type(error).__name__, detail=str(error), attempts=1, failed_at=now(),
                    )
                )  # fmt: skip
            raise
        parsed = answer.parsed
        if self._store is not None:
            mine = self._answer(request, payload, key, answer)
            kept = await self._commit(mine)
            if kept is not None and kept is not mine:
                # Another process was first; both go on with the same answer.
                parsed = parse_answer(kept.response, prefix=prefix)
        return self._reply(key, parsed, stored=False)

    def _answer(self, request: ChatRequest, payload: bytes, key: bytes, answer: ServerAnswer) -> Answer:
        parsed, price = answer.parsed, self._client.spec.price
        cost = None
        if price is not None and parsed.prompt_tokens is not None and parsed.completion_tokens is not None:
            cost = price.cost(parsed.prompt_tokens, parsed.completion_tokens)
        return Answer(
            key=key, model=self._name, sample=request.sample, payload=payload, response=answer.body,
            finish_reason=parsed.finish_reason, prompt_tokens=parsed.prompt_tokens,
            completion_tokens=parsed.completion_tokens, cost_usd=cost, endpoint=answer.endpoint,
            attempts=answer.attempts, asked_at=answer.asked_at, seconds=answer.seconds,
        )  # fmt: skip

    async def _commit(self, item: Answer | Failure) -> Answer | None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer | None] = loop.create_future()

        def settle(answer: Answer | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(answer)

        def committed(answer: Answer | None, error: BaseException | None) -> None:
            loop.call_soon_threadsafe(settle, answer, error)

        assert self._store is not None
        self._store.submit(item, committed)
        return await future

    def _reply(self, key: bytes, parsed: ParsedAnswer, *, stored: bool) -> ChatReply:
        return ChatReply(
            text=parsed.text, finish_reason=parsed.finish_reason, prompt_tokens=parsed.prompt_tokens,
            completion_tokens=parsed.completion_tokens, model=self._name, key=key.hex(), stored=stored,
        )  # fmt: skip


def _prefix(request: ChatRequest) -> str:
    if request.prompt is None and request.messages and request.messages[-1].role == "assistant":
        return request.messages[-1].content
    return ""
