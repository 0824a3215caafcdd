"""What makes a request itself: everything that can change the answer, and nothing else."""

import dataclasses

import orjson
import pytest

from codetune.models.client.payload import build_payload, parse_answer, request_key
from codetune.models.protocol import ChatRequest
from codetune.records import Message

BASE = ChatRequest(
    messages=(Message(role="user", content="hi"),),
    max_new_tokens=16,
    seed=1,
    json_schema={"type": "object", "x": 1},
)


def key(request, model="m", extra=()):
    path, payload = build_payload(request, dict(extra))
    return request_key(model, path, payload, request.sample)


@pytest.mark.parametrize(
    "change",
    [
        {"messages": (Message(role="user", content="hi "),)},
        {"messages": (Message(role="system", content="hi"),)},
        {"max_new_tokens": 17},
        {"temperature": 0.1},
        {"top_p": 0.9},
        {"top_k": 3},
        {"seed": 2},
        {"stop": ("x",)},
        {"json_schema": None},
        {"sample": 1},
        {"extra": {"min_p": 0.1}},
        {"messages": (), "prompt": "hi"},
    ],
    ids=str,
)
def test_each_of_these_makes_another_request(change):
    assert key(dataclasses.replace(BASE, **change)) != key(BASE)


def test_so_do_the_model_and_its_fields():
    assert len({key(BASE), key(BASE, "n"), key(BASE, extra={"repetition_penalty": 1.1})}) == 3


def test_sample_counts_even_where_the_seed_makes_up_for_it():
    other = dataclasses.replace(BASE, seed=0, sample=1)
    assert build_payload(other, {})[1] == build_payload(BASE, {})[1]
    assert key(other) != key(BASE)


def test_the_order_of_keys_does_not_count():
    other = dataclasses.replace(BASE, json_schema={"x": 1, "type": "object"})
    assert key(other) == key(BASE)


def test_a_key_is_what_it_was():
    """Known from outside: b2sum of the model, path, sample and sorted JSON; a change orphans every store."""
    import hashlib

    question = ChatRequest(messages=(Message(role="user", content="hé"),), max_new_tokens=5)
    text = '{"max_tokens":5,"messages":[{"content":"hé","role":"user"}],"temperature":0.0}'
    expected = hashlib.blake2b(f"m\0/chat/completions\0{0}\0{text}".encode(), digest_size=16).digest()
    assert key(question) == expected


@pytest.mark.parametrize("repeated", [True, False])
def test_prefix_is_never_in_the_text(repeated):
    text = "def f(x):" if repeated else "(x):"
    body = orjson.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})
    assert parse_answer(body, prefix="def f").text == "(x):"
