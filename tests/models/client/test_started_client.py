"""A server that is started for the first request: once, asked as its model says, and not left half-started."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from codetune.errors import BackendUnavailableError
from codetune.models.client.started_client import StartedClient
from codetune.models.protocol import ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec
from codetune.models.store.stored_model import StoredModel
from codetune.records import Message

QUESTION = ChatRequest(messages=(Message(role="user", content="hello"),), max_new_tokens=8)


class Started(StartedClient):
    """Starts nothing but says so."""

    def __init__(self, url: str, start: Callable[[], None] = lambda: None) -> None:
        super().__init__(self._spec("http://127.0.0.1:1/v1"))
        self.url, self.starts, self.stops = url, 0, 0
        self._run = start

    def _spec(self, url: str) -> ModelSpec:
        return ModelSpec(name="m", endpoints=(EndpointSpec(base=url),), structured="json_schema")

    def _start_server(self) -> None:
        self.starts += 1
        self._run()

    def _stop_server(self) -> None:
        self.stops += 1

    def _running_spec(self) -> ModelSpec:
        return self._spec(self.url)


def test_it_starts_once_and_is_asked_as_its_spec_says(scripted):
    async def main():
        async with scripted:
            client = Started(scripted.url)
            model = StoredModel(client, None)
            try:
                schema = {"type": "object"}
                asked = [replace(QUESTION, json_schema=schema, sample=number) for number in range(3)]
                return await asyncio.gather(*map(model.chat, asked)), client
            finally:
                await client.close()

    replies, client = asyncio.run(main())
    assert [reply.text for reply in replies] == ["hello"] * 3
    assert (client.starts, client.stops) == (1, 0)
    assert all(body["response_format"]["type"] == "json_schema" for body in scripted.asked)


def test_a_start_that_fails_is_the_error_of_every_request(scripted):
    def fail():
        raise BackendUnavailableError("the program ended")

    async def main():
        client = Started("", fail)
        model = StoredModel(client, None)
        outcomes = await asyncio.gather(model.chat(QUESTION), model.chat(QUESTION), return_exceptions=True)
        await client.close()
        return outcomes, client

    outcomes, client = asyncio.run(main())
    assert [str(outcome) for outcome in outcomes] == ["the program ended."] * 2
    assert client.starts == 1


def test_closing_ends_a_start_in_progress():
    begun, stopped = threading.Event(), threading.Event()

    class Slow(Started):
        def _stop_server(self):
            super()._stop_server()
            stopped.set()

    def start():
        begun.set()
        stopped.wait()
        raise BackendUnavailableError("stopped")

    async def main():
        client = Slow("", start)
        asking = asyncio.create_task(StoredModel(client, None).chat(QUESTION))
        await asyncio.to_thread(begun.wait)
        await client.close()
        with pytest.raises(BackendUnavailableError):
            await asking
        return client

    assert asyncio.run(main()).stops >= 1
