"""A `ChatModel` that sends each request once: it looks in the store, asks the client, and stores the answer.

chat ──▶ stored? ──yes──▶ reply
          │no
          ▼
    already in flight? ──yes──▶ wait for that answer
          │no
          ▼
    client ──▶ store commits ──▶ reply
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from codetune.errors import BackendError
from codetune.models.budget.budget import Budget
from codetune.models.client.client import OpenAIClient, ServerAnswer
from codetune.models.client.payload import ParsedAnswer, build_payload, parse_answer, request_key
from codetune.models.client.stop_limit import cut_at_stops
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.spec import Price
from codetune.models.store.request_store import RequestStore, StoredAnswer, StoredFailure

__all__ = ["StoredModel"]

_BYTES_PER_TOKEN = 3.0
"""A low estimate, so that rather too much of a limit is reserved; corrected by the answer."""

_Committed = tuple["asyncio.Future[StoredAnswer | None]", StoredAnswer | None, BaseException | None]


class StoredModel:
    """One model behind a client, with a request store.

    Args:
        client: Sends the requests.
        store: Keeps the answers; None keeps nothing.
        budget: May be shared with other models.
    """

    def __init__(
        self,
        client: OpenAIClient,
        store: RequestStore | None,
        *,
        budget: Budget | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._name = client.spec.name
        self._budget = budget
        self._asking: dict[bytes, asyncio.Future[ChatReply]] = {}
        self._committed: deque[_Committed] = deque()
        self._wake_is_due = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def notices(self) -> tuple[str, ...]:
        """What the servers do not support; see `OpenAIClient.notices`."""
        return tuple(self._client.notices)

    @property
    def client(self) -> OpenAIClient:
        """The client, for its counters and endpoints."""
        return self._client

    async def context_length(self) -> int | None:
        """What the servers say of their context; see `codetune.models.client.context_length`."""
        return await self._client.context_length()

    async def chat(self, request: ChatRequest) -> ChatReply:
        path, payload = build_payload(request, self._client.spec.body)
        key = request_key(self._name, path, payload, request.sample)
        prefix = _prefix(request)
        if self._store is not None:
            kept = self._store.reply(key)
            if kept is not None:
                return self._reply(request, key, parse_answer(kept[0], prefix=prefix), kept[1], stored=True)
        while (running := self._asking.get(key)) is not None:
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                if not running.cancelled():
                    raise  # this call was cancelled; otherwise the other one was, and this one asks
        mine: asyncio.Future[ChatReply] = asyncio.get_running_loop().create_future()
        self._asking[key] = mine
        try:
            reply = await self._ask(request, path, payload, key, prefix)
        except BaseException as error:
            if isinstance(error, Exception):
                mine.set_exception(error)
                mine.exception()  # marks it as seen, where no other call waits
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
            answer = await self._within_budget(request, path, payload, prefix)
        except BackendError as error:
            if self._store is not None:
                await self._commit(
                    StoredFailure(
                        key=key, model=self._name, sample=request.sample, payload=payload,
                        kind=type(error).__name__, detail=str(error), failed_at=time.time(),
                    )
                )  # fmt: skip
            raise
        parsed = answer.parsed
        asked_as: str | None = answer.asked_as
        if self._store is not None:
            mine = self._answer(request, key, answer)
            kept = await self._commit(mine)
            if kept is not None and kept is not mine:
                # Another process stored its answer first; both use that one.
                parsed, asked_as = parse_answer(kept.response, prefix=prefix), kept.asked_as
        return self._reply(request, key, parsed, asked_as, stored=False)

    async def _within_budget(
        self, request: ChatRequest, path: str, payload: bytes, prefix: str
    ) -> ServerAnswer:
        budget, price = self._budget, self._client.spec.price
        prompt_tokens = len(payload) / _BYTES_PER_TOKEN
        if budget is None:
            return await self._send(request, path, payload, prefix, prompt_tokens)
        reservation = await budget.reserve(prompt_tokens, request.max_new_tokens, price)
        usd: float | None = None  # books the whole reservation: a cancelled server may still finish
        tokens: float | None = None
        try:
            async with asyncio.timeout(budget.seconds_left):
                answer = await self._send(request, path, payload, prefix, prompt_tokens)
            usd, tokens = _cost(answer.parsed, price), _tokens(answer.parsed)
        except TimeoutError:
            raise budget.spent_time() from None
        except BackendError:
            usd = tokens = 0.0
            raise
        finally:
            budget.settle(reservation, usd=usd, tokens=tokens)
        return answer

    async def _send(
        self, request: ChatRequest, path: str, payload: bytes, prefix: str, prompt_tokens: float
    ) -> ServerAnswer:
        return await self._client.complete(
            path,
            payload,
            expected_tokens=prompt_tokens + request.max_new_tokens,
            prefix=prefix,
            may_be_empty=bool(prefix or request.stop or request.prompt is not None),
        )

    def _answer(self, request: ChatRequest, key: bytes, answer: ServerAnswer) -> StoredAnswer:
        parsed = answer.parsed
        return StoredAnswer(
            key=key, model=self._name, sample=request.sample, payload=answer.payload, response=answer.body,
            finish_reason=parsed.finish_reason, prompt_tokens=parsed.prompt_tokens,
            completion_tokens=parsed.completion_tokens, cost_usd=_cost(parsed, self._client.spec.price), endpoint=answer.endpoint,
            attempts=answer.attempts, asked_at=answer.asked_at, seconds=answer.seconds,
            asked_as=answer.asked_as,
        )  # fmt: skip

    async def _commit(self, item: StoredAnswer | StoredFailure) -> StoredAnswer | None:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[StoredAnswer | None] = loop.create_future()

        def committed(answer: StoredAnswer | None, error: BaseException | None) -> None:
            # Runs in the writer's thread. One wake-up serves a whole group of commits.
            self._committed.append((future, answer, error))
            if not self._wake_is_due:
                self._wake_is_due = True
                loop.call_soon_threadsafe(self._settle)

        assert self._store is not None
        self._store.submit(item, committed)
        return await future

    def _settle(self) -> None:
        self._wake_is_due = False
        while self._committed:
            future, answer, error = self._committed.popleft()
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(answer)

    def _reply(
        self, request: ChatRequest, key: bytes, parsed: ParsedAnswer, asked_as: str | None, *, stored: bool
    ) -> ChatReply:
        parsed = cut_at_stops(parsed, request.stop)
        return ChatReply(
            text=parsed.text, finish_reason=parsed.finish_reason, prompt_tokens=parsed.prompt_tokens,
            completion_tokens=parsed.completion_tokens, model=self._name, key=key.hex(), stored=stored,
            asked_as=asked_as,
        )  # fmt: skip


def _tokens(parsed: ParsedAnswer) -> float | None:
    if parsed.prompt_tokens is None or parsed.completion_tokens is None:
        return None
    return parsed.prompt_tokens + parsed.completion_tokens


def _cost(parsed: ParsedAnswer, price: Price | None) -> float | None:
    if price is None or parsed.prompt_tokens is None or parsed.completion_tokens is None:
        return None
    return price.cost(parsed.prompt_tokens, parsed.completion_tokens)


def _prefix(request: ChatRequest) -> str:
    if request.prompt is None and request.messages and request.messages[-1].role == "assistant":
        return request.messages[-1].content
    return ""
