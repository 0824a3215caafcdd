"""A `ChatModel` that uses the batch API: requests are gathered, sent together, and fetched later.

    chat ──▶ stored? ──▶ in an open batch? ──▶ wait for it
                              │no
                              ▼
              gathered until no more come ──▶ one batch ──▶ checked regularly ──▶ store

It is used like any other model, but many requests must be in flight (a whole stage, if possible).
The batches of a killed run stay with the server; the next run finds them in the ledger and sends
nothing twice. Requests that a batch did not answer (expired, failed) go into the next batch.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from typing import Any

import orjson

from codetune.errors import BackendUnavailableError, RequestRefusedError
from codetune.models.batch_api.api import BatchApi, BatchLine, RemoteBatch
from codetune.models.batch_api.ledger import BatchLedger, Pending, SentBatch
from codetune.models.client.payload import build_payload, parse_answer, request_key
from codetune.models.client.stop_limit import MAX_STOPS, StopLimit, cut_at_stops
from codetune.models.client.structured_fallback import StructuredFallback
from codetune.models.client.structured_modes import request_body
from codetune.models.client.transport import Transport, Unavailable
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.spec import ModelSpec, host_label
from codetune.models.store.request_store import RequestStore, StoredAnswer

__all__ = ["BatchModel"]

_LARGEST_BATCH = 50_000
_LARGEST_FILE_BYTES = 90 << 20


class BatchModel:
    """One model, asked through `/v1/batches`.

    Args:
        spec: The model; its first endpoint is used.
        store: Where answers go.
        poll_seconds: How often open batches are checked; None takes the spec's.
        settle_seconds: A batch is sent when no new request came for this long.
    """

    def __init__(
        self,
        spec: ModelSpec,
        store: RequestStore,
        *,
        poll_seconds: float | None = None,
        settle_seconds: float = 2.0,
    ) -> None:
        self.name = spec.name
        self._spec = spec
        self._endpoint = spec.endpoints[0]
        self._transport = Transport(
            self._endpoint.base,
            headers=self._endpoint.resolved_headers(),
            timeout_seconds=self._endpoint.timeout_seconds,
        )
        self._api = BatchApi(self._transport)
        self._structured = StructuredFallback(spec.structured)
        self._stops = StopLimit(MAX_STOPS)  # a refusal would come hours later
        self._store = store
        self._ledger = BatchLedger(store.path, spec.name)
        self._poll_seconds = spec.batch_poll_seconds if poll_seconds is None else poll_seconds
        self._settle_seconds = settle_seconds
        self._new: dict[bytes, Pending] = {}
        self._waiting: dict[bytes, asyncio.Future[bytes]] = {}
        self._tries: Counter[bytes] = Counter()
        self._last_came = 0.0
        self._driver: asyncio.Task[None] | None = None

    async def chat(self, request: ChatRequest) -> ChatReply:
        path, payload = build_payload(request, self._spec.body)
        key = request_key(self.name, path, payload, request.sample)
        stored = self._store.reply(key)
        if stored is not None:
            return self._reply(request, key, *stored, stored=True)
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
            if not self._ledger.is_open(key):
                self._new[key] = Pending(key, request.sample, path, payload)
                self._last_came = time.monotonic()
        if self._driver is None:
            self._driver = asyncio.create_task(self._submit_and_poll())
        response = await asyncio.shield(self._waiting[key])
        return self._reply(request, key, response, self._structured.request(payload).mode, stored=False)

    def _reply(
        self, request: ChatRequest, key: bytes, response: bytes, asked_as: str | None, *, stored: bool
    ) -> ChatReply:
        parsed = cut_at_stops(parse_answer(response), request.stop)
        return ChatReply(
            text=parsed.text, finish_reason=parsed.finish_reason, prompt_tokens=parsed.prompt_tokens,
            completion_tokens=parsed.completion_tokens, model=self.name, key=key.hex(), stored=stored,
            asked_as=asked_as,
        )  # fmt: skip

    async def _submit_and_poll(self) -> None:
        """Send, check and fetch until the model is closed."""
        looked = -self._poll_seconds
        try:
            while True:
                now = time.monotonic()
                while self._new and (
                    now - self._last_came >= self._settle_seconds or len(self._new) >= _LARGEST_BATCH
                ):
                    with contextlib.suppress(Unavailable):  # it stays planned, and is sent later
                        await self._send()
                if now - looked >= self._poll_seconds:
                    looked = now
                    for batch in self._ledger.open_batches():
                        with contextlib.suppress(Unavailable):  # checked again later
                            await self._look(batch)
                await asyncio.sleep(min(self._settle_seconds / 2, self._poll_seconds))
        except Exception as error:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(error)
            self._waiting.clear()
            self._driver = None

    async def _send(self) -> None:
        chosen: list[Pending] = []
        size = 0
        path = next(iter(self._new.values())).path
        for pending in self._new.values():
            size += len(pending.payload) + 200
            if len(chosen) == _LARGEST_BATCH or size > _LARGEST_FILE_BYTES:
                break
            if pending.path == path:
                chosen.append(pending)
        for pending in chosen:
            del self._new[pending.key]
        await self._tell(self._ledger.plan(chosen), chosen)

    async def _tell(self, batch: SentBatch, requests: list[Pending]) -> SentBatch:
        path = f"/v1{requests[0].path}"
        remote = await self._api.create(
            [self._line(pending, path) for pending in requests], path=path, mark=batch.mark
        )
        return self._ledger.sent(batch, remote.id)

    def _line(self, pending: Pending, path: str) -> dict[str, Any]:
        asked = self._structured.request(pending.payload).payload
        body = request_body(self._stops.shortened(asked), model=self._spec, endpoint=self._endpoint)
        return {
            "custom_id": pending.key.hex(),
            "method": "POST",
            "url": path,
            "body": orjson.Fragment(body),
        }

    async def _look(self, batch: SentBatch) -> None:
        requests = self._ledger.requests(batch)
        if batch.remote_id is None:
            # A run died while it sent the batch, so the server may or may not have it.
            known = await self._api.find(batch.mark)
            batch = (
                self._ledger.sent(batch, known.id)
                if known is not None
                else await self._tell(batch, list(requests.values()))
            )
        assert batch.remote_id is not None
        remote = await self._api.look(batch.remote_id)
        if remote.ended:
            await self._take_in(batch, remote, requests)

    async def _take_in(self, batch: SentBatch, remote: RemoteBatch, requests: dict[str, Pending]) -> None:
        lines = {line.key: line for line in await self._api.lines(remote)}
        for name, pending in requests.items():
            line = lines.get(name)
            if line is not None and line.body is not None:
                try:
                    answer = self._answer(batch, pending, line)
                except BackendUnavailableError as error:  # not a completion
                    lines[name] = BatchLine(name, None, line.status, error.what)
                    continue
                await asyncio.to_thread(self._store.put, answer)
        self._ledger.close_batch(batch)
        for name, pending in requests.items():
            self._settle(pending, lines.get(name), remote)

    def _settle(self, pending: Pending, line: BatchLine | None, remote: RemoteBatch) -> None:
        future = self._waiting.get(pending.key)
        if future is None or future.done():
            return  # no request of this run waits for it; the answer is stored
        where = host_label(self._endpoint.base)
        error: Exception
        if line is not None and line.body is not None:
            del self._waiting[pending.key]
            future.set_result(line.body)
            return
        self._tries[pending.key] += 1
        if line is not None and 400 <= line.status < 500 and line.status != 429:
            error = RequestRefusedError(f"the server refused with {line.status}: {line.error}", where=where)
        elif remote.status == "failed":
            error = RequestRefusedError(f"the server refused the batch: {remote.said}", where=where)
        elif self._tries[pending.key] >= self._spec.attempts:
            said = line.error if line is not None else f"the batch {remote.status}"
            error = BackendUnavailableError(
                f"gave up after {self._spec.attempts} batches: {said}", where=where
            )
        else:
            self._new[pending.key] = pending  # only missing answers are asked for again
            self._last_came = time.monotonic()
            return
        del self._waiting[pending.key]
        future.set_exception(error)

    def _answer(self, batch: SentBatch, pending: Pending, line: BatchLine) -> StoredAnswer:
        assert line.body is not None
        parsed = parse_answer(line.body)
        cost = None
        if self._spec.price is not None and parsed.prompt_tokens is not None:
            cost = self._spec.price.cost(parsed.prompt_tokens, parsed.completion_tokens or 0)
        asked = self._structured.request(pending.payload)
        return StoredAnswer(
            key=pending.key, model=self.name, sample=pending.sample, payload=asked.payload,
            response=line.body, finish_reason=parsed.finish_reason, prompt_tokens=parsed.prompt_tokens,
            completion_tokens=parsed.completion_tokens, cost_usd=cost,
            endpoint=host_label(self._endpoint.base), attempts=1 + self._tries[pending.key],
            asked_at=batch.sent_at, seconds=time.time() - batch.sent_at, asked_as=asked.mode,
        )  # fmt: skip

    async def close(self) -> None:
        """Stop checking; the server keeps working on open batches."""
        if self._driver is not None:
            self._driver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._driver
        await self._transport.close()
        self._ledger.close()
