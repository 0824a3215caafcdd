"""Servers that refuse a schema, in the words that real ones use: asked in a weaker way, once learned."""

import asyncio
import json

import pytest

from codetune.errors import RequestRefusedError
from codetune.models.client.client import OpenAIClient
from codetune.models.client.payload import build_payload
from codetune.models.client.structured_modes import in_mode, keywords
from codetune.models.protocol import ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec
from codetune.models.store.request_store import RequestStore
from codetune.models.store.stored_model import StoredModel
from codetune.records import Message

PLAIN = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
BOUNDED = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^x$"}}, "required": ["a"]}

OPENAI = {
    "error": {
        "message": "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this "
        "model. Learn more about supported models at the Structured Outputs guide.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
}
OLD_VLLM = {
    "object": "error",
    "message": "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), "
    "'msg': \"Input should be 'text' or 'json_object'\", 'input': 'json_schema'}]",
    "type": "BadRequestError",
    "param": None,
    "code": 400,
}
OLD_LLAMA_CPP = {
    "error": {
        "code": 400,
        "message": 'response_format type must be one of "text" or "json_object", but got: json_schema',
        "type": "invalid_request_error",
    }
}
VLLM_XGRAMMAR = {
    "error": {
        "message": "The provided JSON schema contains features not supported by xgrammar.",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }
}
OPENAI_BOUNDS = {
    "error": {
        "message": "Invalid schema for response_format 'answer': In context=('properties', 'a'), "
        "'pattern' is not permitted.",
        "type": "invalid_request_error",
        "param": "response_format",
        "code": None,
    }
}


def question(content="one", schema=PLAIN):
    return ChatRequest(
        messages=(Message(role="user", content=content),), max_new_tokens=9, json_schema=schema
    )


def ask(scripted, *requests, store=None, **spec):
    """Ask one after the other; outcomes, and what the run is told."""

    async def work():
        async with scripted as server:
            endpoints = (EndpointSpec(base=server.url),)
            client = OpenAIClient(ModelSpec(name="m", endpoints=endpoints, **spec))
            model = StoredModel(client, store)
            outcomes = []
            for request in requests:
                try:
                    outcomes.append(await model.chat(request))
                except RequestRefusedError as error:
                    outcomes.append(error)
            await client.close()
            return outcomes, model.notices

    return asyncio.run(work())


def types(scripted):
    return [(body.get("response_format") or {}).get("type") for body in scripted.asked]


def refusing(said, *refused):
    def answer(server, body):
        asked = (body.get("response_format") or {}).get("type")
        return web_error(400, said) if asked in refused else server.reply('{"a": 1}')

    return answer


def web_error(status, plain):
    from aiohttp import web

    return web.json_response(plain, status=status)


@pytest.mark.parametrize("said", [OPENAI, OLD_VLLM, OLD_LLAMA_CPP])
def test_a_server_without_schemas_is_asked_for_an_object_and_told_the_schema(scripted, said, tmp_path):
    scripted.answer = refusing(said, "json_schema")
    with RequestStore(tmp_path / "requests.sqlite") as store:
        outcomes, notices = ask(scripted, question(), question("two"), question("three"), store=store)
        assert [reply.text for reply in outcomes] == ['{"a": 1}'] * 3
        assert types(scripted) == ["json_schema", "json_object", "json_object", "json_object"]
        assert '"integer"' in scripted.asked[-1]["messages"][-1]["content"], "the schema is said in words"
        assert [reply.asked_as for reply in outcomes] == ["json_object"] * 3
        kept = store.get(bytes.fromhex(outcomes[1].key))
        assert kept.asked_as == "json_object"
        assert json.loads(kept.payload)["response_format"] == {"type": "json_object"}, "as really asked"
    assert len(notices) == 1 and "refuses a JSON Schema" in notices[0] and "127.0.0.1" in notices[0]


def test_a_server_without_any_response_format_is_asked_in_words(scripted):
    scripted.answer = refusing(OLD_VLLM, "json_schema", "json_object")
    outcomes, notices = ask(scripted, question(), question("two"))
    assert [reply.asked_as for reply in outcomes] == ["prompt", "prompt"]
    assert types(scripted) == ["json_schema", "json_object", None, None]
    assert "one JSON object" in scripted.asked[-1]["messages"][-1]["content"]
    assert len(notices) == 1 and "refuses response_format" in notices[0]


@pytest.mark.parametrize("said", [VLLM_XGRAMMAR, OPENAI_BOUNDS])
def test_a_server_that_takes_no_bounds_gets_a_schema_without_them(scripted, said):
    def answer(server, body):
        return web_error(400, said) if "pattern" in str(body["response_format"]) else server.reply('{"a": 1}')

    scripted.answer = answer
    outcomes, notices = ask(
        scripted, question(schema=BOUNDED), question("two", schema=BOUNDED), question("three", schema=PLAIN)
    )
    assert [reply.asked_as for reply in outcomes] == ["simple_schema", "simple_schema", "json_schema"]
    assert types(scripted) == ["json_schema"] * 4, "one refusal teaches; schemas of other words are untouched"
    assert "^x$" in scripted.asked[1]["messages"][-1]["content"]
    assert len(notices) == 1 and "types alone" in notices[0]


def test_a_refusal_for_something_else_stands_with_the_servers_words(scripted):
    scripted.answer = lambda server, body: server.error(400, "temperature must be below 2")
    outcomes, notices = ask(scripted, question())
    assert isinstance(outcomes[0], RequestRefusedError) and "temperature must be below 2" in str(outcomes[0])
    assert len(scripted.asked) == 1 and not notices


def test_a_refusal_in_every_way_stands_and_changes_nothing(scripted):
    def picky(server, body):
        if "bad" in body["messages"][0]["content"]:
            return server.error(400, "the content filter took offence at this JSON")
        return server.reply('{"a": 1}')

    scripted.answer = picky
    outcomes, notices = ask(scripted, question("bad"), question("good"))
    assert isinstance(outcomes[0], RequestRefusedError) and "content filter" in str(outcomes[0])
    assert outcomes[1].asked_as == "json_schema" and not notices


def test_refusals_in_every_way_are_not_tried_in_every_way_for_ever(scripted):
    scripted.answer = lambda server, body: server.error(400, "no JSON today")
    ask(scripted, *(question(str(number)) for number in range(6)))
    assert len(scripted.asked) == 3 * 3 + 3, "three requests in three ways, then each once"


def test_a_question_too_long_is_not_asked_again_for_the_word_json_in_its_refusal(scripted):
    said = "This model's maximum context length is 2048 tokens; response_format included, you asked for 3000."
    scripted.answer = lambda server, body: server.error(400, said)
    [error], _ = ask(scripted, question())
    assert "2048" in str(error) and len(scripted.asked) == 1


def test_what_was_asked_in_a_weaker_way_is_found_again_and_says_so(scripted, tmp_path):
    scripted.answer = refusing(OPENAI, "json_schema")
    with RequestStore(tmp_path / "requests.sqlite") as store:
        [first], _ = ask(scripted, question(), store=store)
        count = len(scripted.asked)
        [again], _ = ask(scripted, question(), store=store)
    assert again.stored and again.key == first.key and again.asked_as == "json_object"
    assert len(scripted.asked) == count, "the resumed run asks nothing, not even a refusal"


def test_a_way_that_is_set_is_taken_from_the_first(scripted):
    outcomes, notices = ask(scripted, question(), structured="prompt")
    assert outcomes[0].asked_as == "prompt" and types(scripted) == [None] and not notices
    scripted.answer = refusing(OPENAI, "json_schema")
    [error], _ = ask(scripted, question(), structured="json_schema")
    assert isinstance(error, RequestRefusedError), "asked for by the user: not asked otherwise"


def test_rewording_keeps_names_that_look_like_keywords():
    schema = {"type": "object", "properties": {"pattern": {"type": "string", "pattern": "^a$"}}}
    _, payload = build_payload(question(schema=schema), {})
    simple = json.loads(in_mode(payload, "simple_schema"))["response_format"]["json_schema"]["schema"]
    assert simple == {"type": "object", "properties": {"pattern": {"type": "string"}}}
    _, plain = build_payload(question(), {})
    assert in_mode(plain, "simple_schema") is None and in_mode(plain, "json_schema") == plain
    assert "pattern" in keywords(payload) and "a" not in keywords(plain)
