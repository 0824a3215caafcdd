"""A model folder asked like a server: through the store, with JSON asked for in the prompt, at any time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.tiny_llama import write_tiny_llama

from codetune.errors import BackendError, ConfigError, DataError
from codetune.models.batched.folder_model import FolderModel
from codetune.models.client.payload import ParsedAnswer
from codetune.models.folder import ModelFolder
from codetune.models.open import open_model, run_requests
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.records import Message

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny")


def question(text: str, **settings: object) -> ChatRequest:
    return ChatRequest(messages=(Message(role="user", content=text),), **{"max_new_tokens": 6, **settings})  # type: ignore[arg-type]


def test_it_answers_as_the_folder_does_and_only_once(tiny: Path, tmp_path: Path) -> None:
    requests = [question(text) for text in ("one", "two", "and three", "four, at last")]
    found = dict(run_requests(str(tiny), requests, store=tmp_path / "r.sqlite"))
    alone = dict(FolderModel(ModelFolder.find(tiny)).answers(requests))
    for index, reply in found.items():
        answer = alone[index]
        assert isinstance(reply, ChatReply) and isinstance(answer, ParsedAnswer)
        assert (reply.text, reply.finish_reason) == (answer.text, answer.finish_reason)
        assert reply.model == ModelFolder.find(tiny).name and not reply.stored
    again = dict(run_requests(str(tiny), requests, store=tmp_path / "r.sqlite"))
    assert all(isinstance(reply, ChatReply) and reply.stored for reply in again.values())


def test_requests_that_come_later_join_the_batch(tiny: Path) -> None:
    async def ask() -> list[str]:
        async with open_model(str(tiny), store=None) as model:
            long = asyncio.create_task(model.chat(question("tell", max_new_tokens=200)))
            short = [(await model.chat(question(str(number)))).text for number in range(3)]
            await long
            assert await model.context_length() == 4096  # type: ignore[attr-defined]
        return short

    assert len(asyncio.run(ask())) == 3


def test_what_cannot_be_answered_is_that_request_alone(tiny: Path) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    requests = [
        question("x" * 9000),
        question("short"),
        question("as JSON", json_schema=schema),
        ChatRequest(prompt="def f():\n", max_new_tokens=4, stop=("\n",)),
    ]
    found = dict(run_requests(str(tiny), requests, store=None))
    assert isinstance(found[0], BackendError) and "more than the model's 4096" in str(found[0])
    assert all(isinstance(found[index], ChatReply) for index in (1, 2, 3))
    assert found[2].asked_as == "prompt"  # type: ignore[union-attr]


def test_a_folder_that_is_no_model_is_one_sentence(tiny: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match=r"not a model in Hugging Face's format \(config.json is missing\)"):
        list(run_requests(str(empty), [question("x")], store=None))
    (empty / "config.json").write_text("{}")
    (empty / "model.safetensors").write_bytes(b"x")
    (empty / "tokenizer.json").write_text("{}")
    with pytest.raises(DataError, match="the model can't be loaded"):
        list(run_requests(str(empty), [question("x")], store=None))
    with pytest.raises(ConfigError, match="no model is called"):
        list(run_requests(str(tmp_path / "nowhere"), [question("x")], store=None))
