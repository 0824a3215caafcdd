"""One canonical payload, worded for a particular server.

What a request *is* stays the same for every server; how a server wants to be told (the model's
name there, the name of the token limit, how to go on from a prefix, whether it takes a JSON
Schema) is decided here and is no part of the request's identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import orjson

from codetune.models.spec import EndpointSpec, ModelSpec

__all__ = ["WAYS", "Keywords", "Structured", "is_about_structure", "keywords", "reword", "word_body"]

Structured = Literal["json_schema", "simple_schema", "json_object", "prompt"]
"""How JSON is asked for: by schema, by a schema of types alone, by mode, or only in words."""

WAYS: tuple[Structured, ...] = ("json_schema", "simple_schema", "json_object", "prompt")
"""From the strongest to the weakest."""

Keywords = frozenset[str]
"""What a schema is made of. A server objects to words of the language, not to a row's own names."""

_ABOUT_STRUCTURE = re.compile(r"response_format|json|schema|grammar|guided|structured", re.IGNORECASE)
_ABOUT_LENGTH = re.compile(r"context (length|size|window)|too long|maximum context", re.IGNORECASE)
_IN_WORDS = "\n\nAnswer with one JSON object, and nothing else, that satisfies this JSON Schema:\n"
_BOUNDS = frozenset({
    "pattern", "format", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minProperties", "maxProperties",
})  # fmt: skip
"""Keywords that narrow a type. OpenAI's strict mode and vLLM's xgrammar took them up one by one."""


def is_about_structure(payload: bytes, status: int, said: str) -> bool:
    """Whether a refusal may be for the way JSON was asked for."""
    return (
        status in (400, 404, 422)
        and b'"response_format"' in payload
        and _ABOUT_STRUCTURE.search(said) is not None
        and _ABOUT_LENGTH.search(said) is None
    )


def keywords(payload: bytes) -> Keywords:
    """The JSON Schema keywords and types in a canonical payload; empty where it has no schema."""
    schema = _schema(orjson.loads(payload))
    return frozenset(_words(schema)) if schema is not None else frozenset()


def reword(payload: bytes, way: Structured) -> bytes | None:
    """A canonical payload that asks for JSON by schema, worded in another way.

    Returns:
        Canonical JSON again; the payload itself where it asks for no JSON or `way` is its own; None
        where a schema of types alone would be the same schema.
    """
    if way == "json_schema" or b'"response_format"' not in payload:
        return payload
    body: dict[str, Any] = orjson.loads(payload)
    schema = _schema(body)
    if schema is None:
        return payload
    if way == "simple_schema":
        simple = _without_bounds(schema)
        if simple == schema:
            return None
        body["response_format"]["json_schema"]["schema"] = simple
    else:
        del body["response_format"]
        if way == "json_object":
            body["response_format"] = {"type": "json_object"}
    if body.get("messages"):
        # What the server is not told to hold the model to, the model has to be told.
        _say_schema(body["messages"], orjson.dumps(schema).decode())
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    asked = body.get("response_format") or {}
    found = asked.get("json_schema", {}).get("schema") if isinstance(asked, dict) else None
    return found if isinstance(found, dict) else None


def _words(schema: Any) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        yield key
        if key in ("properties", "$defs"):
            for inner in value.values():
                yield from _words(inner)
        elif key == "type":
            yield f"type {value}"
        elif isinstance(value, list):
            for inner in value:
                yield from _words(inner)
        else:
            yield from _words(value)


def _without_bounds(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_bounds(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_bounds(inner) for name, inner in value.items()}
        if key in ("properties", "$defs")
        else _without_bounds(value)
        for key, value in schema.items()
        if key not in _BOUNDS
    }


def word_body(
    payload: bytes,
    *,
    model: ModelSpec,
    endpoint: EndpointSpec,
    fields: Mapping[str, Any] | None = None,
    prefixed: bool = False,
) -> bytes:
    """The body to send.

    Args:
        payload: Canonical JSON object without `model`, as `reword` leaves it.
        model: For the token limit's name and the way of prefixes.
        endpoint: For its name of the model and its own fields.
        fields: Merged in.
        prefixed: The last turn is the assistant's, to be gone on from.
    """
    added: dict[str, Any] = {"model": endpoint.model or model.name, **endpoint.body, **(fields or {})}
    if prefixed and model.prefill == "continue_final_message":
        added |= {"add_generation_prompt": False, "continue_final_message": True}
    if model.token_field == "max_tokens":
        # Both are JSON objects: joined without parsing the payload again.
        return orjson.dumps(added)[:-1] + b"," + payload[1:]
    body: dict[str, Any] = orjson.loads(payload)
    if "max_tokens" in body:
        body[model.token_field] = body.pop("max_tokens")
    return orjson.dumps(added | body)


def _say_schema(messages: list[dict[str, Any]], schema: str) -> None:
    for message in reversed(messages):
        if message["role"] == "user":
            message["content"] = f"{message['content']}{_IN_WORDS}{schema}"
            return
