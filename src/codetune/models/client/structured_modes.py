"""Turns a canonical payload into the body that one server accepts.

In: the canonical payload, which is the request's identity and the same for every server. Out: the
body for one server, with its name of the model, its name of the token limit, its way of continuing
a prefix, and the JSON Schema in the mode it supports. None of these is part of the identity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import orjson

from codetune.models.spec import EndpointSpec, ModelSpec

__all__ = [
    "STRUCTURED_MODES",
    "Keywords",
    "StructuredMode",
    "in_mode",
    "is_about_structure",
    "keywords",
    "request_body",
]

StructuredMode = Literal["json_schema", "simple_schema", "json_object", "prompt"]
"""How JSON is asked for: by schema, by a schema of types alone, by mode, or only in words."""

STRUCTURED_MODES: tuple[StructuredMode, ...] = ("json_schema", "simple_schema", "json_object", "prompt")
"""From the strongest to the weakest."""

Keywords = frozenset[str]
"""The schema language's keywords and types. A server rejects these, never a row's own property names."""

_ABOUT_STRUCTURE = re.compile(r"response_format|json|schema|grammar|guided|structured", re.IGNORECASE)
_ABOUT_LENGTH = re.compile(r"context (length|size|window)|too long|maximum context", re.IGNORECASE)
_SCHEMA_PROMPT = "\n\nAnswer with one JSON object, and nothing else, that satisfies this JSON Schema:\n"
_BOUNDS = frozenset({
    "pattern", "format", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minProperties", "maxProperties",
})  # fmt: skip
"""Keywords that narrow a type. OpenAI's strict mode and vLLM's xgrammar took them up one by one."""


def is_about_structure(payload: bytes, status: int, message: str) -> bool:
    """Whether a server may have refused the request because of how it asks for JSON."""
    return (
        status in (400, 404, 422)
        and b'"response_format"' in payload
        and _ABOUT_STRUCTURE.search(message) is not None
        and _ABOUT_LENGTH.search(message) is None
    )


def keywords(payload: bytes) -> Keywords:
    """The JSON Schema keywords and types in a canonical payload; empty where it has no schema."""
    schema = _schema(orjson.loads(payload))
    return frozenset(_words(schema)) if schema is not None else frozenset()


def in_mode(payload: bytes, mode: StructuredMode) -> bytes | None:
    """A canonical payload that asks for JSON in the given mode.

    Returns:
        Canonical JSON; the payload itself where it asks for no JSON or is in this mode already; None
        where the schema has no bounds, so that `simple_schema` would change nothing.
    """
    if mode == "json_schema" or b'"response_format"' not in payload:
        return payload
    body: dict[str, Any] = orjson.loads(payload)
    schema = _schema(body)
    if schema is None:
        return payload
    if mode == "simple_schema":
        simple = _without_bounds(schema)
        if simple == schema:
            return None
        body["response_format"]["json_schema"]["schema"] = simple
    else:
        del body["response_format"]
        if mode == "json_object":
            body["response_format"] = {"type": "json_object"}
    if body.get("messages"):
        # The server no longer enforces the schema, so the prompt states it.
        _append_schema(body["messages"], orjson.dumps(schema).decode())
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


def request_body(
    payload: bytes,
    *,
    model: ModelSpec,
    endpoint: EndpointSpec,
    fields: Mapping[str, Any] | None = None,
    prefixed: bool = False,
) -> bytes:
    """The body to send to one endpoint.

    Args:
        payload: Canonical JSON object without `model`, as `in_mode` leaves it.
        model: For the token limit's name and how it continues a prefix.
        endpoint: For its name of the model and its extra fields.
        fields: Merged in; not part of the request's identity.
        prefixed: The last turn is the assistant's, and the model continues it.
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


def _append_schema(messages: list[dict[str, Any]], schema: str) -> None:
    for message in reversed(messages):
        if message["role"] == "user":
            message["content"] = f"{message['content']}{_SCHEMA_PROMPT}{schema}"
            return
