"""The one door: by URL, by name; leaving early; what an endpoint's health looks like."""

import asyncio
import threading
import time

import pytest

from codetune.doctor.endpoints import endpoints
from codetune.errors import ConfigError, UsageError
from codetune.models.open import open_model, run_requests
from codetune.models.protocol import ChatModel, ChatReply, ChatRequest
from codetune.records import Message


def questions(count):
    for number in range(count):
        yield ChatRequest(messages=(Message(role="user", content=f"question {number}"),), max_new_tokens=20)


@pytest.fixture
def served(scripted):
    """A scripted server in a thread of its own, so that the test needn't be asynchronous."""
    ready, done = threading.Event(), threading.Event()

    async def main():
        async with scripted:
            ready.set()
            while not done.is_set():
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    ready.wait()
    yield scripted
    done.set()
    thread.join()


def test_a_url_with_one_model_needs_no_name(served):
    names = []
    found = dict(run_requests(served.url, questions(3), store=None, opened=lambda m: names.append(m.name)))
    assert sorted(found) == [0, 1, 2] and names == ["m"]
    assert all(isinstance(reply, ChatReply) and reply.model == "m" for reply in found.values())


def test_a_url_with_several_models_lists_them(served):
    served.models = ["a", "b"]
    with pytest.raises(ConfigError, match="has 2 models: a, b"):
        list(run_requests(served.url, questions(1), store=None))
    assert len(list(run_requests(served.url, questions(1), store=None, model="b"))) == 1
    assert served.asked[0]["model"] == "b"


def test_a_url_where_nobody_is():
    with pytest.raises(UsageError, match=r"no server answers there.*127.0.0.1:9"):
        list(run_requests("http://127.0.0.1:9/v1", questions(1), store=None))


def test_what_is_opened_is_a_chat_model(served):
    async def main():
        async with open_model(served.url, store=None) as model:
            return isinstance(model, ChatModel)

    assert asyncio.run(main())


def test_leaving_early_waits_for_no_answer_and_keeps_what_came(served, tmp_path):
    async def slow(server, body):
        if len(server.asked) >= 20:
            await asyncio.Event().wait()  # answers that never come must not hold up the end
        return server.reply("x")

    served.answer = slow
    outcomes = run_requests(served.url, questions(10**6), store=tmp_path / "r.sqlite", in_flight=8)
    for seen, _ in enumerate(outcomes, 1):
        if seen == 5:
            break
    outcomes.close()
    stored = [
        outcome.stored
        for _, outcome in run_requests(served.url, questions(5), store=tmp_path / "r.sqlite", in_flight=1)
    ]
    assert all(stored)


def test_an_exception_in_the_requests_comes_through(served):
    def broken():
        yield from questions(3)
        raise ZeroDivisionError("in the generator")

    with pytest.raises(ZeroDivisionError, match="in the generator"):
        list(run_requests(served.url, broken(), store=None))


def test_requests_are_drawn_as_they_are_sent(served):
    drawn = 0

    def counted():
        nonlocal drawn
        for question in questions(10**6):
            drawn += 1
            yield question

    for _ in run_requests(served.url, counted(), store=None, in_flight=4):
        time.sleep(0.3)
        break
    assert drawn < 200


def test_health_of_endpoints(served, tmp_path, monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    path = tmp_path / "models.yaml"
    path.write_text(
        f"good: {{base: '{served.url}', model: m}}\n"
        f"unknown: {{base: '{served.url}'}}\n"
        f"keyless: {{base: '{served.url}', api_env: NOT_SET}}\n"
        f"wrong: {{base: '{served.url.removesuffix('/v1')}/v2'}}\n"
        "down: {base: 'http://127.0.0.1:9/v1'}\n"
        "mixed: {mix: {good: 1, down: 1}}\n"
    )
    reports = {report.model: report for report in endpoints(path)}
    assert list(reports) == ["good", "unknown", "keyless", "wrong", "down"]
    assert [report.ok for report in reports.values()] == [True, False, False, True, False]
    assert "no model called unknown" in reports["unknown"].detail
    assert reports["unknown"].remedy == "take one of: m"
    assert "NOT_SET" in reports["keyless"].remedy
    assert "no connection" in reports["down"].detail
