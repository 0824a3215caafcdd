"""The client against a server that behaves badly in every way a server can."""

import asyncio

import pytest
from aiohttp import web

from codetune.errors import BackendUnavailableError, ConfigError, RequestRefusedError
from codetune.models.client.client import EndpointsDownError, OpenAIClient
from codetune.models.client.endpoint import Endpoint
from codetune.models.client.transport import GarbledAnswer
from codetune.models.protocol import ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec
from codetune.models.store.request_store import RequestStore
from codetune.models.store.stored_model import StoredModel
from codetune.records import Message


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("codetune.models.client.client._BACKOFF_SECONDS", (0.01, 0.05))


def question(text="hi", **fields):
    return ChatRequest(messages=(Message(role="user", content=text),), **{"max_new_tokens": 16, **fields})


def ask(scripted, *questions, store=None, endpoint=None, **spec):
    """Ask one after the other; outcomes are replies or errors."""

    async def main():
        async with scripted:
            one = EndpointSpec(**{"base": scripted.url, "timeout_seconds": 0.5, **(endpoint or {})})
            client = OpenAIClient(ModelSpec(**{"name": "m", "endpoints": (one,), **spec}))
            model = StoredModel(client, store)
            outcomes = []
            try:
                for each in questions:
                    try:
                        outcomes.append(await model.chat(each))
                    except Exception as error:
                        outcomes.append(error)
            finally:
                await client.close()
            return outcomes, client

    return asyncio.run(main())


def in_turn(*answers):
    """One answer after the other, the last one for ever."""
    left = list(answers)

    def answer(server, body):
        return (left.pop(0) if len(left) > 1 else left[0])(server, body)

    return answer


def good(server, body):
    return server.reply("hello")


def failing(status, **headers):
    return lambda server, body: server.error(status, f"trouble {status}", **headers)


def test_payload_says_what_was_asked(scripted):
    request = question(
        temperature=0.7, top_p=0.9, top_k=5, seed=3, sample=2, stop=("x",), extra={"min_p": 0.1}
    )
    [reply], _ = ask(scripted, request, body={"repetition_penalty": 1.1})
    assert scripted.asked == [
        {
            "model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 16,
            "temperature": 0.7, "top_p": 0.9, "top_k": 5, "seed": 5, "stop": ["x"], "min_p": 0.1,
            "repetition_penalty": 1.1,
        }
    ]  # fmt: skip
    assert (reply.text, reply.finish_reason, reply.prompt_tokens, reply.completion_tokens) == (
        "hello", "stop", 10, 5,
    )  # fmt: skip


def test_plain_completions(scripted):
    scripted.answer = lambda server, body: web.json_response(
        {"choices": [{"text": "x", "finish_reason": None}]}
    )
    [reply], _ = ask(scripted, ChatRequest(prompt="def f(", max_new_tokens=4))
    assert scripted.paths == ["/v1/completions"]
    assert scripted.asked[0]["prompt"] == "def f(" and "messages" not in scripted.asked[0]
    assert reply.text == "x" and reply.prompt_tokens is None


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
def test_what_can_pass_is_tried_again(scripted, status):
    scripted.answer = in_turn(failing(status), failing(status), good)
    [reply], client = ask(scripted, question())
    assert reply.text == "hello"
    assert client.troubles == {str(status): 2}


@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_refusal_is_final_and_in_the_servers_words(scripted, status):
    scripted.answer = failing(status)
    [error], _ = ask(scripted, question())
    assert isinstance(error, RequestRefusedError)
    assert f"refused with {status}: trouble {status}" in str(error)
    assert len(scripted.asked) == 1


def test_retry_after_is_honoured_for_the_whole_endpoint(scripted, monkeypatch):
    paused, slept = [], []
    pause, sleep = Endpoint.pause, asyncio.sleep

    def noted(endpoint, seconds, now):
        paused.append(seconds)
        pause(endpoint, 0.0, now)

    async def no_sleep(seconds):
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(Endpoint, "pause", noted)
    monkeypatch.setattr("codetune.models.client.client.asyncio.sleep", no_sleep)
    scripted.answer = in_turn(failing(429, **{"Retry-After": "17"}), good)
    [reply], _ = ask(scripted, question())
    assert reply.text == "hello" and paused == [17.0]
    assert 17.0 <= max(slept) <= 17.1, "the request itself waits too, with a little jitter"


def test_tries_are_limited(scripted):
    scripted.answer = failing(500)
    [error], _ = ask(scripted, question(), attempts=3)
    assert isinstance(error, BackendUnavailableError)
    assert "gave up" in str(error) and "trouble 500" in str(error)
    assert len(scripted.asked) == 3


def test_silence_is_a_timeout(scripted):
    async def silent(server, body):
        await asyncio.sleep(5)

    scripted.answer = in_turn(silent, good)
    [reply], client = ask(scripted, question())
    assert reply.text == "hello" and client.troubles == {"timeout": 1}


@pytest.mark.parametrize(
    "body", [b'{"choices": [', b"[]", b'{"choices": []}', b"<html>", b'{"choices":[{"text":7}]}']
)
def test_nonsense_is_tried_again_and_then_a_failure(scripted, body):
    scripted.answer = lambda server, _: web.Response(body=body, content_type="application/json")
    [error], client = ask(scripted, question())
    assert isinstance(error, BackendUnavailableError)
    assert client.troubles == {"answer": 3}


def test_empty_text_is_no_answer_unless_it_may_be(scripted):
    scripted.answer = lambda server, _: server.reply("")
    outcomes, _ = ask(scripted, question(), question(stop=("x",)))
    assert isinstance(outcomes[0], BackendUnavailableError) and "empty" in str(outcomes[0])
    assert outcomes[1].text == ""


def test_length_is_told_and_not_asked_again(scripted, tmp_path):
    scripted.answer = lambda server, _: server.reply("half a", finish_reason="length")
    with RequestStore(tmp_path / "r.sqlite") as store:
        outcomes, _ = ask(scripted, question(), question(), store=store)
    assert [reply.finish_reason for reply in outcomes] == ["length", "length"]
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_answer_is_refused_while_it_is_read(scripted, chunked):
    async def huge(server, body):
        if not chunked:
            return server.reply("x" * (50 << 20))
        response = web.StreamResponse()
        request = scripted.current
        await response.prepare(request)
        for _ in range(50):
            await response.write(b"x" * (1 << 20))
        return response

    original = scripted._post

    async def post(request):
        scripted.current = request
        return await original(request)

    scripted._post = post
    scripted.answer = huge
    [error], _ = ask(scripted, question(), endpoint={"max_response_bytes": 8 << 20, "timeout_seconds": 20})
    assert isinstance(error, RequestRefusedError)
    assert "larger than 8 MiB" in str(error) and len(scripted.asked) == 1


def test_a_server_that_closes_after_each_answer(scripted):
    def closing(server, body):
        response = server.reply("hello")
        response.force_close()
        return response

    scripted.answer = closing
    outcomes, _ = ask(scripted, *(question(str(number)) for number in range(20)))
    assert [reply.text for reply in outcomes] == ["hello"] * 20
    assert len(scripted.asked) == 20, "no answer was thrown away"


def test_nobody_there_is_one_sentence_for_the_run(scripted):
    [error], _ = ask(scripted, question(), endpoint={"base": "http://127.0.0.1:9/v1"}, attempts=2)
    assert isinstance(error, EndpointsDownError) and error.exit_code == 2
    assert "no endpoint of m answers" in str(error) and "127.0.0.1:9" in str(error)


def test_a_refused_key_stops_the_run_and_is_not_quoted(scripted):
    scripted.answer = failing(401)
    [error], _ = ask(scripted, question(), endpoint={"api": "sk-very-secret"})
    assert scripted.headers[0]["Authorization"] == "Bearer sk-very-secret"
    assert isinstance(error, ConfigError) and "refuses the key" in str(error)
    assert "very-secret" not in repr(error) + str(error)


def test_an_unknown_model_stops_the_run_with_the_list(scripted):
    scripted.models = ["alpha", "beta"]
    scripted.answer = lambda server, _: server.error(404, "The model `m` does not exist.")
    [error], _ = ask(scripted, question())
    assert isinstance(error, ConfigError)
    assert "no model called m; it has alpha, beta" in str(error)


def test_token_limit_and_prefix_in_the_servers_words(scripted):
    request = ChatRequest(
        messages=(Message(role="user", content="q"), Message(role="assistant", content="A: ")),
        max_new_tokens=9,
    )
    scripted.answer = lambda server, _: server.reply("A: yes")
    [reply], _ = ask(scripted, request, token_field="max_completion_tokens", prefill="continue_final_message")
    assert reply.text == "yes"
    assert scripted.asked[0]["max_completion_tokens"] == 9 and "max_tokens" not in scripted.asked[0]
    assert scripted.asked[0]["continue_final_message"] is True
    assert scripted.asked[0]["add_generation_prompt"] is False


def test_what_is_in_flight_is_asked_once(scripted, tmp_path):
    async def slow(server, body):
        await asyncio.sleep(0.1)
        return server.reply("hello")

    scripted.answer = slow

    async def main(store):
        async with scripted:
            client = OpenAIClient(ModelSpec(name="m", endpoints=(EndpointSpec(base=scripted.url),)))
            model = StoredModel(client, store)
            first = asyncio.create_task(model.chat(question()))
            await asyncio.sleep(0.02)
            others = [asyncio.create_task(model.chat(question())) for _ in range(5)]
            await asyncio.sleep(0.02)
            first.cancel()
            replies = await asyncio.gather(*others)
            await client.close()
            return replies

    with RequestStore(tmp_path / "r.sqlite") as store:
        replies = asyncio.run(main(store))
    assert {reply.text for reply in replies} == {"hello"}
    assert len(scripted.asked) <= 2, "the cancelled one, and one for all the others"


def test_a_text_that_the_server_keeps_to_itself_is_not_asked_for_again(scripted):
    said = "The model produced output that does not match the expected peg-native format"
    scripted.answer = lambda server, body: server.error(500, said)
    [outcome], _ = ask(scripted, question())
    assert isinstance(outcome, GarbledAnswer) and "not the JSON that was asked for" in str(outcome)
    assert len(scripted.asked) == 1
