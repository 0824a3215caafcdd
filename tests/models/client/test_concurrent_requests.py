"""Many requests at once: every one gets an outcome, whatever the servers do."""

import asyncio
import collections
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web

from codetune.models.client.client import OpenAIClient
from codetune.models.client.concurrent_requests import complete_all
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec
from codetune.models.store.stored_model import StoredModel
from codetune.records import Message

LOOPBACK = Path(__file__).parents[3] / "benchmarks" / "servers" / "loopback.py"


def questions(count):
    for number in range(count):
        yield ChatRequest(messages=(Message(role="user", content=f"row {number}:"),), max_new_tokens=20)


async def ask(endpoints, count, in_flight=32, **spec):
    client = OpenAIClient(ModelSpec(name="m", endpoints=tuple(endpoints), **spec))
    try:
        model = StoredModel(client, None)
        return [outcome async for _, outcome in complete_all(model, questions(count), in_flight=in_flight)]
    finally:
        await client.close()


@pytest.fixture
def fake_servers():
    running = []

    def start(*options):
        command = [sys.executable, str(LOOPBACK), *options]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(server)
        return server, server.stdout.readline().strip()

    yield start
    for server in running:
        server.kill()
        server.wait()
        server.stdout.close()


def test_weights_share_the_load(scripted):
    asked = collections.Counter()

    async def slow(server, body):
        asked[body["which"]] += 1
        await asyncio.sleep(0.02)
        return server.reply("x")

    scripted.answer = slow

    async def main():
        async with scripted:
            return await ask(
                [
                    EndpointSpec(base=scripted.url, body={"which": "big"}, weight=3),
                    EndpointSpec(base=scripted.url, body={"which": "small"}),
                ],
                200,
            )

    asyncio.run(main())
    assert 2 < asked["big"] / asked["small"] < 4


def test_a_dead_endpoint_is_set_aside_and_comes_back(scripted, monkeypatch):
    monkeypatch.setattr("codetune.models.client.endpoint._ASIDE_SECONDS", (0.2, 0.4))

    async def main():
        runner = web.AppRunner(web.Application())
        async with scripted:
            dead = scripted.url
            await runner.setup()
        # `dead` is now a port nobody listens on
        other = type(scripted)()
        async with other:
            outcomes = await ask([EndpointSpec(base=dead), EndpointSpec(base=other.url)], 300)
            assert all(isinstance(outcome, ChatReply) for outcome in outcomes)
            assert len(other.asked) == 300
            back = type(scripted)()
            app_port = int(dead.split(":")[2].split("/")[0])

            async def revive():
                await asyncio.sleep(0.3)
                back._port = app_port
                await back.__aenter__()

            async def slow(server, body):
                await asyncio.sleep(0.02)
                return server.reply("x")

            other.answer = slow
            reviving = asyncio.create_task(revive())
            endpoints = [EndpointSpec(base=dead), EndpointSpec(base=other.url, max_in_flight=2)]
            outcomes = await ask(endpoints, 150)
            await reviving
            await back.__aexit__()
            await runner.cleanup()
            return outcomes, len(back.asked)

    outcomes, revived = asyncio.run(main())
    assert all(isinstance(outcome, ChatReply) for outcome in outcomes)
    assert revived > 20


def test_faulty_server_loses_nothing(fake_servers):
    _, url = fake_servers("--faults", "0.3", "--delay", "0.005")
    endpoint = EndpointSpec(base=url, timeout_seconds=0.5)
    outcomes = asyncio.run(ask([endpoint], 400, in_flight=64))
    assert len(outcomes) == 400
    replies = [outcome for outcome in outcomes if isinstance(outcome, ChatReply)]
    assert len(replies) > 380
    assert all(reply.text for reply in replies)
    assert {reply.finish_reason for reply in replies} == {"stop", "length"}


def test_a_server_that_takes_few_at_a_time_is_found_out(scripted):
    """With 429 above 20 at a time, the limit settles near 20 and all rows are answered."""
    now = 0

    async def narrow(server, body):
        nonlocal now
        if now >= 20:
            return server.error(429, "slow down", **{"Retry-After": "0"})
        now += 1
        await asyncio.sleep(0.01)
        now -= 1
        return server.reply("x")

    scripted.answer = narrow

    async def main():
        async with scripted:
            return await ask([EndpointSpec(base=scripted.url)], 1500, in_flight=200)

    outcomes = asyncio.run(main())
    assert all(isinstance(outcome, ChatReply) for outcome in outcomes)
    assert len(scripted.asked) < 1500 * 1.6
