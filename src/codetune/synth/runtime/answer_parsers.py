"""Parsers of JSON answers: the schema that is sent with a question, and how the answer is read.

Where a server cannot enforce a schema, the first JSON object in the text counts, fenced or not.
Every answer is validated here, whatever the server promised.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from codetune.synth.python.literals import is_literal
from codetune.synth.runtime.raw_answers import InvalidAnswerError

__all__ = ["AnswerParser", "JsonObject", "JsonSlots", "Slot", "first_json_object", "json_objects"]

A = TypeVar("A", covariant=True)
M = TypeVar("M", bound=BaseModel)


class AnswerParser(Protocol[A]):
    """What an answer looks like."""

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """JSON Schema sent with the question; None where the answer is plain text."""
        ...

    def parse(self, text: str) -> A:
        """Read an answer.

        Raises:
            InvalidAnswerError: It is not what was asked for.
        """
        ...


@dataclass(frozen=True)
class JsonObject(Generic[M]):
    """An answer that is a pydantic model."""

    model: type[M]
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Property -> schema keywords for this question alone, e.g. a length drawn for the row."""

    @property
    def schema(self) -> Mapping[str, Any]:
        plain = _schema_of(self.model)
        if not self.limits:
            return plain
        properties = dict(plain["properties"])
        for name, keywords in self.limits.items():
            properties[name] = {**properties[name], **keywords}
        return {**plain, "properties": properties}

    def parse(self, text: str) -> M:
        fault: ValidationError | None = None
        for plain in json_objects(text):
            try:
                return self.model.model_validate(plain)
            except ValidationError as error:
                fault = fault or error
        assert fault is not None
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidAnswerError("not as the schema says", f"{where}: {first['msg']}")


@dataclass(frozen=True)
class Slot:
    """One slot: a text that must match a pattern from end to end, or be a Python literal where that is allowed."""

    pattern: str
    expected: str
    """What it has to be, in words."""
    literal: bool = False
    """Whether any literal of Python fits, though the pattern is narrower."""

    def fits(self, value: object) -> bool:
        """Whether a value may fill the slot."""
        if not isinstance(value, str):
            return False
        return bool(re.fullmatch(self.pattern, value)) or (self.literal and is_literal(value))


@dataclass(frozen=True)
class JsonSlots:
    """An answer of named groups of named texts, made for one question.

    Its keys are names found in the code, so they are not known in advance.
    """

    groups: Mapping[str, Mapping[str, Slot]]

    @property
    def schema(self) -> Mapping[str, Any]:
        return _object(
            {
                group: _object(
                    {name: {"type": "string", "pattern": f"^{f.pattern}$"} for name, f in slots.items()}
                )
                for group, slots in self.groups.items()
            }
        )

    def parse(self, text: str) -> dict[str, dict[str, str]]:
        plain = first_json_object(text)
        answer: dict[str, dict[str, str]] = {}
        for group, slots in self.groups.items():
            given = plain.get(group)
            if not isinstance(given, dict):
                raise InvalidAnswerError("not as the schema says", f"{group} is missing")
            answer[group] = {}
            for name, slot in slots.items():
                value = given.get(name)
                if not slot.fits(value):
                    raise InvalidAnswerError(
                        "not as the schema says", f"{group}.{name} has to be {slot.expected}"
                    )
                answer[group][name] = str(value)
        return answer


def first_json_object(text: str) -> dict[str, Any]:
    """The JSON object in an answer: the whole text, or the first one that stands in it.

    Raises:
        InvalidAnswerError: There is none.
    """
    return json_objects(text)[0]


def json_objects(text: str) -> list[dict[str, Any]]:
    """All JSON objects that stand in an answer, in order; braces in prose are no objects, or empty ones.

    Raises:
        InvalidAnswerError: There is none.
    """
    decoder = json.JSONDecoder(strict=False)  # models write line breaks into strings
    found = []
    position = text.find("{")
    while position != -1:
        try:
            value, end = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            end = position + 1
        else:
            if isinstance(value, dict):
                found.append(value)
        position = text.find("{", end)
    if not found:
        raise InvalidAnswerError("invalid JSON", "the answer has to be one JSON object")
    return found


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


@cache
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Made once a class: pydantic takes longer over it than a request takes to be sent."""
    return _strict(model.model_json_schema())


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Close every object and require every property, as servers ask of a strict schema."""
    schema = {key: value for key, value in schema.items() if key not in ("title", "default", "description")}
    if "properties" in schema:
        schema.update(_object({name: _strict(part) for name, part in schema["properties"].items()}))
    for key in ("items", "additionalItems"):
        if isinstance(schema.get(key), dict):
            schema[key] = _strict(schema[key])
    if "$defs" in schema:
        schema["$defs"] = {name: _strict(part) for name, part in schema["$defs"].items()}
    return schema
