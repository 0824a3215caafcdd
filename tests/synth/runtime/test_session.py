"""What a server says of its context decides how much is asked for, and is remembered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.synth.conftest import ModelServer, snippet, write_dataset

from codetune.engine.local import LocalEngine
from codetune.engine.progress import SilentProgress
from codetune.records import Instruction, Snippet
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.synth.config import SynthConfig
from codetune.synth.runtime.session import CONTEXTS, Session
from codetune.synth.stage import run

LLAMA_CPP = {"default_generation_settings": {"n_ctx": 1500}, "total_slots": 4}


def context_of(model_server: ModelServer, cache: Path, **settings: object) -> int | None:
    async def opened() -> int | None:
        config = SynthConfig(**{"model": model_server.url, **settings})
        async with Session(config=config, prompts={}, cache=cache, seed=0).open() as context:
            return context.settings.context_tokens

    cache.mkdir(exist_ok=True)
    return asyncio.run(opened())


@pytest.mark.parametrize(
    ("told", "props", "expected"),
    [
        ({"max_model_len": 4096}, None, 4096),
        ({"context_length": 8192}, None, 8192),
        ({"meta": {"n_ctx_train": 131072}}, LLAMA_CPP, 1500),
        ({"max_model_len": None}, None, 32_768),
        ({"max_model_len": "4096"}, {"default_generation_settings": []}, 32_768),
        ({}, {"default_generation_settings": {"n_ctx": -1}}, 32_768),
    ],
)
def test_the_context_is_the_servers_own(tmp_path: Path, model_server, told, props, expected) -> None:
    model_server.told, model_server.props = told, props
    assert context_of(model_server, tmp_path / "cache") == expected
    assert context_of(model_server, tmp_path / "cache", context_tokens=900) == 900


def test_what_a_server_said_is_remembered_for_a_run_that_asks_nothing(tmp_path: Path, model_server) -> None:
    (tmp_path / "models.json").write_text(json.dumps({"teacher": {"base": model_server.url}}))
    model_server.told = {"max_model_len": 2000}
    named = {"model": "teacher", "model_map": tmp_path / "models.json"}
    assert context_of(model_server, tmp_path / "cache", **named) == 2000
    model_server.told = {}
    assert context_of(model_server, tmp_path / "cache", **named) == 2000
    assert json.loads((tmp_path / "cache" / CONTEXTS).read_text()) == {"teacher": 2000}


def test_cut_answers_get_twice_the_room_and_never_more_than_the_context(tmp_path: Path, model_server) -> None:
    model_server.told = {"max_model_len": 6000}
    model_server.answer = lambda body: ("<summary>Return the", "length")
    source = write_dataset(tmp_path / "in", Snippet, [[snippet("def f(x):\n    return x\n", "f")]])
    context = StageContext(seed=0, cache=tmp_path / "cache", engine=LocalEngine(1), progress=SilentProgress())
    run(
        SynthConfig(generator="summarize", model=model_server.url, retries=0),
        [source],
        tmp_path / "out",
        context,
    )
    rooms = [body["max_tokens"] for body in model_server.asked]
    asked = sum(len(message["content"]) for message in model_server.asked[0]["messages"]) // 4
    assert rooms[:2] == [2048, 4096] and 4096 < rooms[2] < 6000 - asked and len(rooms) == 3
    (reject,) = Dataset(tmp_path / "out", Instruction).rejects()
    assert reject["reason"] == "cut short"
