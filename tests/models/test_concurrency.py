"""Limits that are found, limits that are set, and who gets the next request."""

import asyncio
import collections
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiohttp import web

from codetune.models.client.adaptive_limit import AdaptiveLimit, RateBucket
from codetune.models.client.client import OpenAIClient
from codetune.models.client.concurrent_requests import complete_all
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec
from codetune.models.store.stored_model import StoredModel
from codetune.records import Message

LOOPBACK = Path(__file__).parents[2] / "benchmarks" / "servers" / "loopback.py"


def rounds(limit, count, complaints=0.0):
    """Full rounds in which every 1/complaints-th answer is a complaint."""
    owed = 0.0
    for _ in range(count):
        sent = int(limit.limit)
        for _ in range(sent):
            limit.begin()
        for _ in range(sent):
            owed += complaints
            limit.end(complaint=owed >= 1)
            owed -= owed >= 1


def test_limit_doubles_then_creeps_up_to_the_maximum():
    limit = AdaptiveLimit(1000, start=16)
    rounds(limit, 3)
    assert limit.limit == 128
    rounds(limit, 10, complaints=0.5)
    cut = limit.limit
    assert cut < 32
    rounds(limit, 8)
    assert cut < limit.limit < 2 * cut, "after complaints it no longer doubles"
    rounds(limit, 200)
    assert limit.limit == 1000


def test_a_few_complaints_hold_the_limit():
    limit = AdaptiveLimit(1000, start=200)
    rounds(limit, 50, complaints=0.08)
    assert limit.limit == 200


def test_limit_is_not_raised_when_it_does_not_bind():
    limit = AdaptiveLimit(1000, start=16)
    for _ in range(200):
        limit.begin()
        limit.end(complaint=False)
    assert limit.limit == 16


def test_limit_never_falls_below_one():
    limit = AdaptiveLimit(1000, start=16)
    rounds(limit, 100, complaints=1.0)
    assert limit.limit == 1 and limit.has_room


def test_bucket_refills_and_lends():
    bucket = RateBucket(60, burst_seconds=5)
    assert [bucket.wait_seconds(1, 0.0) or bucket.take(1, 0.0) for _ in range(5)] == [None] * 5
    assert bucket.wait_seconds(1, 0.0) == pytest.approx(1.0)
    assert bucket.wait_seconds(1, 1.0) == 0
    bucket.take(20, 1.0)  # an answer that cost far more than was thought
    assert bucket.wait_seconds(1, 1.0) == pytest.approx(20.0)
    bucket.take(-20, 1.0)
    assert bucket.wait_seconds(1, 1.0) == 0
    assert RateBucket(60).wait_seconds(1000, 0.0) == 0, "more than fits waits for a full bucket only"


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


def test_requests_per_minute_are_kept(scripted):
    async def main():
        async with scripted:
            endpoint = EndpointSpec(base=scripted.url, requests_per_minute=600)
            begun = time.monotonic()
            outcomes = await ask([endpoint], 60)
            return outcomes, time.monotonic() - begun

    outcomes, seconds = asyncio.run(main())
    assert all(isinstance(outcome, ChatReply) for outcome in outcomes)
    # 10 a second, of which 5 seconds' worth may go out at once
    assert 0.9 < seconds < 2.5


def test_unused_tokens_are_given_back(scripted):
    """Reserved are 20 new tokens and the prompt, used are 15: by the reservation it would take longer."""

    async def main():
        async with scripted:
            endpoint = EndpointSpec(base=scripted.url, tokens_per_minute=6000)
            begun = time.monotonic()
            await ask([endpoint], 60)
            return time.monotonic() - begun

    # 60 answers of 15 tokens are 900, less a burst of 500, at 100 a second: 4 s; reserved: some 30 s
    assert asyncio.run(main()) < 9


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
