"""Opening a model by URL or name, with a key or without, and leaving early."""

import asyncio
import time

import pytest

from codetune.errors import ConfigError, UsageError
from codetune.models.open import _default_key_variable, open_model, run_requests
from codetune.models.protocol import ChatModel, ChatReply, ChatRequest
from codetune.records import Message


def questions(count):
    for number in range(count):
        yield ChatRequest(messages=(Message(role="user", content=f"question {number}"),), max_new_tokens=20)


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
    with pytest.raises(UsageError, match=r"no server answers there: no connection.*127.0.0.1:9"):
        list(run_requests("http://127.0.0.1:9/v1", questions(1), store=None))


@pytest.fixture
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_a_server_that_wants_a_key_says_how_to_give_it(served, no_key):
    served.refused_list = 401
    with pytest.raises(ConfigError, match=r"wants a key.*401.*OPENAI_API_KEY.*--api-key-env"):
        list(run_requests(served.url, questions(1), store=None))


def test_a_key_that_is_refused_is_told_apart_and_not_quoted(served, no_key, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-not-a-good-one")
    served.refused_list = 403
    with pytest.raises(
        ConfigError, match=r"refuses the key.*check the environment variable MY_KEY"
    ) as caught:
        list(run_requests(served.url, questions(1), store=None, api_key_env="MY_KEY"))
    assert "not-a-good" not in str(caught.value) + repr(caught.value)


def test_a_server_without_a_list_asks_for_the_name(served, no_key):
    served.refused_list = 404
    with pytest.raises(ConfigError, match=r"does not list its models.*404.*--served-name"):
        list(run_requests(served.url, questions(1), store=None))
    assert len(list(run_requests(served.url, questions(1), store=None, model="m"))) == 1


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "MY_KEY"])
def test_the_key_is_taken_from_the_environment(served, no_key, monkeypatch, variable):
    monkeypatch.setenv(variable, "sk-a-good-one")
    named = None if variable == "OPENAI_API_KEY" else variable
    assert len(list(run_requests(served.url, questions(1), store=None, api_key_env=named))) == 1
    assert {headers.get("Authorization") for headers in served.headers} == {"Bearer sk-a-good-one"}


def test_the_key_is_not_sent_in_the_clear_to_another_machine(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-good-one")
    assert _default_key_variable("http://example.org/v1") is None
    assert _default_key_variable("https://example.org/v1") == "OPENAI_API_KEY"
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    assert _default_key_variable("https://example.org/v1") is None


def test_a_certificate_that_is_not_trusted_is_named(self_signed, no_key):
    with pytest.raises(ConfigError, match=r"certificate is not trusted: self.signed.*SSL_CERT_FILE"):
        list(run_requests(self_signed, questions(1), store=None))
    with pytest.raises(ConfigError, match=r"certificate is not trusted"):
        list(run_requests(self_signed, questions(1), store=None, model="m"))


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
