"""How many tokens of prompt and answer a server takes, from what it says of itself.

In: the endpoints of a model. Out: the smallest context among those that answer, or None. vLLM, SGLang and
OpenRouter say it in the list of models, llama.cpp under `/props`. It asks each once and never fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from codetune.errors import BackendError
from codetune.models.client.transport import Transport

__all__ = ["context_length"]

_SECONDS = 5.0
_MOST_BYTES = 4 << 20
_KEYS = ("max_model_len", "context_length", "max_context_length", "context_window")
"""What servers call it in an entry of `/v1/models`: vLLM and SGLang, OpenRouter, Mistral, Groq."""
_LEAST = 256
"""Tokens; a smaller number is no context."""


async def context_length(endpoints: Iterable[tuple[Transport, str]]) -> int | None:
    """The smallest context of some endpoints; None where none of them tells.

    Args:
        endpoints: Connections, each with the name its server knows the model by.
    """
    found = await asyncio.gather(*(_of(transport, name) for transport, name in endpoints))
    return min((tokens for tokens in found if tokens is not None), default=None)


async def _of(transport: Transport, name: str) -> int | None:
    for path, read in (("/models", _listed), ("/../props", _props)):
        try:
            async with asyncio.timeout(_SECONDS):
                plain = orjson.loads(await transport.get(path, max_bytes=_MOST_BYTES))
        except (BackendError, TimeoutError, orjson.JSONDecodeError):
            continue
        tokens = read(plain, name) if isinstance(plain, dict) else None
        if tokens is not None:
            return tokens
    return None


def _listed(plain: Mapping[str, Any], name: str) -> int | None:
    entries = [entry for entry in plain.get("data") or () if isinstance(entry, dict)]
    own = [entry for entry in entries if entry.get("id") == name] or entries[: len(entries) == 1]
    return next((tokens for entry in own for key in _KEYS if (tokens := _tokens(entry.get(key)))), None)


def _props(plain: Mapping[str, Any], name: str) -> int | None:
    """llama.cpp's context of one slot."""
    settings = plain.get("default_generation_settings")
    return _tokens(settings.get("n_ctx")) if isinstance(settings, dict) else None


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= _LEAST else None
