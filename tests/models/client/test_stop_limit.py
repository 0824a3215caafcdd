"""Servers that take four stop strings, in the words that real ones use."""

import asyncio

import pytest

from codetune.errors import RequestRefusedError
from codetune.models.client.client import OpenAIClient
from codetune.models.protocol import ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec
from codetune.models.store.request_store import RequestStore
from codetune.models.store.stored_model import StoredModel

STOPS = ("\n```", "\ndef ", "\nclass ", "\nif ", "\nprint", "\n#")
OPENAI = (
    "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 6."
)
VLLM = (
    "2 validation errors: {'type': 'string_type', 'loc': 'body.stop', 'msg': 'Input should be a valid string'} "
    "{'type': 'too_long', 'loc': 'body.stop', 'msg': 'List should have at most 4 items after validation, not 6'}"
)


def question(prompt="def f():\n", stop=STOPS):
    return ChatRequest(prompt=prompt, max_new_tokens=9, stop=stop)


def ask(scripted, *requests, store=None):
    async def work():
        async with scripted as server:
            client = OpenAIClient(ModelSpec(name="m", endpoints=(EndpointSpec(base=server.url),)))
            model = StoredModel(client, store)
            try:
                return [await model.chat(request) for request in requests], model.notices
            finally:
                await client.close()

    return asyncio.run(work())


def of_four(said, text="    return 1\nprint(f())\ndef g(): pass", finish_reason="length"):
    def answer(server, body):
        if len(body.get("stop", ())) > 4:
            return server.error(400, said)
        return server.reply(text, finish_reason)

    return answer


@pytest.mark.parametrize("said", [OPENAI, VLLM])
def test_a_server_that_takes_four_gets_four_and_its_answer_is_cut_at_the_others(scripted, said):
    scripted.answer = of_four(said)
    replies, notices = ask(scripted, question(), question("def h():\n"))
    assert [len(body["stop"]) for body in scripted.asked] == [6, 4, 4]
    assert [reply.text for reply in replies] == ["    return 1", "    return 1"]
    assert [reply.finish_reason for reply in replies] == ["stop", "stop"]  # it was over before the limit
    assert len(notices) == 1 and "4 stop strings" in notices[0]


def test_an_answer_without_any_of_them_is_as_the_server_gave_it(scripted):
    scripted.answer = of_four(VLLM, "    return 1", "length")
    (reply,), _ = ask(scripted, question())
    assert (reply.text, reply.finish_reason) == ("    return 1", "length")


def test_a_stored_answer_is_cut_the_same_way(scripted, tmp_path):
    scripted.answer = of_four(VLLM)
    with RequestStore(tmp_path / "store.sqlite") as store:
        (first, again), _ = ask(scripted, question(), question(), store=store)
    assert again.stored and again.text == first.text == "    return 1"


def test_all_are_sent_where_the_server_takes_them(scripted):
    _, notices = ask(scripted, question())
    assert len(scripted.asked[0]["stop"]) == 6 and not notices


def test_a_refusal_of_four_is_not_for_their_number(scripted):
    scripted.answer = lambda server, body: server.error(400, "stop strings are not supported")
    with pytest.raises(RequestRefusedError, match="not supported"):
        ask(scripted, question(stop=STOPS[:4]))
    assert len(scripted.asked) == 1
