"""Turns a `ChatRequest` into canonical bytes, and a server's bytes into an answer.

The payload has sorted keys and nothing that depends on the endpoint. Its bytes are the request's
identity, and its body unless the endpoint adds something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from codetune.errors import BackendUnavailableError
from codetune.models.protocol import ChatRequest

__all__ = ["CHAT", "COMPLETION", "ParsedAnswer", "build_payload", "parse_answer", "request_key"]

CHAT = "/chat/completions"
COMPLETION = "/completions"


def build_payload(request: ChatRequest, extra: Mapping[str, Any]) -> tuple[str, bytes]:
    """Write a request as OpenAI's protocol has it.

    Args:
        request: The request. `seed + sample` is sent as the seed, so that the samples of one
            question differ.
        extra: The model's own fields (`body` in the model map); the request's own take precedence.

    Returns:
        The path under the endpoint's base, and canonical JSON without the `model` field.
    """
    payload: dict[str, Any] = {"max_tokens": request.max_new_tokens, "temperature": request.temperature}
    if request.prompt is not None:
        path = COMPLETION
        payload["prompt"] = request.prompt
    else:
        path = CHAT
        payload["messages"] = [{"role": m.role, "content": m.content} for m in request.messages]
    if request.top_p is not None:
        payload["top_p"] = request.top_p
    if request.top_k is not None:
        payload["top_k"] = request.top_k
    if request.seed is not None:
        payload["seed"] = request.seed + request.sample
    if request.stop:
        payload["stop"] = list(request.stop)
    if request.json_schema is not None:
        payload["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": request.json_schema},
        }
    if extra:
        payload.update(extra)
    if request.extra:
        payload.update(request.extra)
    return path, orjson.dumps(payload, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)


def request_key(model: str, path: str, payload: bytes, sample: int) -> bytes:
    """The request's identity: 16 bytes of BLAKE2b."""
    digest = blake2b(f"{model}\0{path}\0{sample}\0".encode(), digest_size=16)
    digest.update(payload)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """The parts of a server's answer that are used."""

    text: str
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None


def parse_answer(body: bytes, *, prefix: str = "") -> ParsedAnswer:
    """Read a chat or text completion.

    Args:
        body: The server's JSON.
        prefix: The assistant turn that the model continues. Some servers repeat it in front of the
            answer; the text returned never has it.

    Raises:
        BackendUnavailableError: Not JSON, or not a completion: worth another try.
    """
    try:
        answer = orjson.loads(body)
        choice = answer["choices"][0]
        text = choice["message"]["content"] if "message" in choice else choice["text"]
        usage = answer.get("usage") or {}
        finish_reason = choice.get("finish_reason")
        prompt_tokens, completion_tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as error:
        said = body[:200].decode("utf-8", "replace")
        raise BackendUnavailableError(f"the server's answer is not a completion: {said!r}") from error
    if text is None:
        text = ""
    if not isinstance(text, str):
        raise BackendUnavailableError(f"the server's answer has no text but {type(text).__name__}")
    if prefix and text.startswith(prefix):
        text = text[len(prefix) :]
    return ParsedAnswer(text, finish_reason, prompt_tokens, completion_tokens)
