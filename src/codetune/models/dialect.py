"""One canonical payload, worded for a particular server.

What a request *is* stays the same for every server; how a server wants to be told (the model's
name there, the name of the token limit, how to go on from a prefix, whether it takes a JSON
Schema) is decided here and is no part of the request's identity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import orjson

from codetune.models.spec import EndpointSpec, ModelSpec

__all__ = ["PROBE", "Structured", "is_about_structure", "weaker", "word_body"]

Structured = Literal["json_schema", "json_object", "prompt"]
"""How JSON is asked for: by schema, by mode, or only in words."""

PROBE = orjson.dumps(
    {
        "max_tokens": 16,
        "messages": [{"role": "user", "content": "Say yes."}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "answer",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {"yes": {"type": "boolean"}},
                    "required": ["yes"],
                    "additionalProperties": False,
                },
            },
        },
        "temperature": 0.0,
    }
)
"""A request with a schema that no server can object to, other than for its being a schema."""

_ABOUT_STRUCTURE = re.compile(r"response_format|json|schema|grammar|guided|structured", re.IGNORECASE)
_IN_WORDS = "\n\nAnswer with one JSON object, and nothing else, that satisfies this JSON Schema:\n"


def is_about_structure(payload: bytes, status: int, said: str) -> bool:
    """Whether a refusal may be for the way JSON was asked for."""
    return (
        status in (400, 404, 422, 500, 501)
        and b'"response_format"' in payload
        and _ABOUT_STRUCTURE.search(said) is not None
    )


def weaker(mode: Structured) -> Structured | None:
    """The next best way to ask for JSON."""
    order: dict[Structured, Structured | None] = {
        "json_schema": "json_object",
        "json_object": "prompt",
        "prompt": None,
    }
    return order[mode]


def word_body(
    payload: bytes,
    *,
    model: ModelSpec,
    endpoint: EndpointSpec,
    structured: Structured = "json_schema",
    fields: Mapping[str, Any] | None = None,
    prefixed: bool = False,
) -> bytes:
    """The body to send.

    Args:
        payload: Canonical JSON object without `model`.
        model: For the token limit's name and the way of prefixes.
        endpoint: For its name of the model and its own fields.
        structured: How this server is asked for JSON.
        fields: Merged in.
        prefixed: The last turn is the assistant's, to be gone on from.
    """
    added: dict[str, Any] = {"model": endpoint.model or model.name, **endpoint.body, **(fields or {})}
    if prefixed and model.prefill == "continue_final_message":
        added |= {"add_generation_prompt": False, "continue_final_message": True}
    reworded = (structured != "json_schema" and b'"response_format"' in payload) or (
        model.token_field != "max_tokens"
    )
    if not reworded:
        # Both are JSON objects: joined without parsing the payload again.
        return orjson.dumps(added)[:-1] + b"," + payload[1:]
    body: dict[str, Any] = orjson.loads(payload)
    if model.token_field != "max_tokens" and "max_tokens" in body:
        body[model.token_field] = body.pop("max_tokens")
    if structured != "json_schema" and "response_format" in body:
        schema = body.pop("response_format").get("json_schema", {}).get("schema")
        if structured == "json_object":
            body["response_format"] = {"type": "json_object"}
        if schema is not None and body.get("messages"):
            _say_schema(body["messages"], orjson.dumps(schema).decode())
    return orjson.dumps(added | body)


def _say_schema(messages: list[dict[str, Any]], schema: str) -> None:
    for message in reversed(messages):
        if message["role"] == "user":
            message["content"] = f"{message['content']}{_IN_WORDS}{schema}"
            return
