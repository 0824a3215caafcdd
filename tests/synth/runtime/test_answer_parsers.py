from __future__ import annotations

import pytest
from pydantic import BaseModel

from codetune.synth.runtime.answer_parsers import (
    InvalidAnswerError,
    JsonObject,
    JsonSlots,
    Slot,
    first_json_object,
)
from codetune.synth.runtime.text_parsers import CodeBlock, PlainText


class Inner(BaseModel):
    title: str
    count: int = 1


class Outer(BaseModel):
    inner: Inner
    names: list[str]


def test_a_schema_is_closed_and_requires_everything() -> None:
    schema = JsonObject(Outer, {"names": {"maxItems": 2}}).schema
    assert schema["required"] == ["inner", "names"] and schema["additionalProperties"] is False
    inner = schema["$defs"]["Inner"]
    assert inner["required"] == ["title", "count"] and inner["additionalProperties"] is False
    assert schema["properties"]["names"]["maxItems"] == 2


@pytest.mark.parametrize(
    "text",
    ['{"a": 1}', 'Sure! Here it is:\n```json\n{"a": 1}\n```\nDone.', 'set {x} then {"a": 1} and {"b": 2}'],
)
def test_the_first_json_object_is_found(text: str) -> None:
    assert first_json_object(text) == {"a": 1}


def test_line_breaks_in_strings_are_forgiven() -> None:
    assert first_json_object('{"a": "one\ntwo"}') == {"a": "one\ntwo"}


@pytest.mark.parametrize("text", ["", "no", "[1]", '{"a": ', "{" * 5000])
def test_no_json_object_is_an_invalid_answer(text: str) -> None:
    with pytest.raises(InvalidAnswerError, match="invalid JSON"):
        first_json_object(text)


def test_a_wrong_type_says_where() -> None:
    with pytest.raises(InvalidAnswerError, match=r"inner\.count"):
        JsonObject(Outer).parse('{"inner": {"title": "x", "count": "many"}, "names": []}')


def test_slots_hold_their_patterns_whatever_the_server_said() -> None:
    slots = JsonSlots({"values": {"n": Slot("[0-9]+", "digits")}})
    assert slots.schema["properties"]["values"]["properties"]["n"]["pattern"] == "^[0-9]+$"
    assert slots.parse('{"values": {"n": "12"}}') == {"values": {"n": "12"}}
    for wrong in ('{"values": {"n": "12; import os"}}', '{"values": {}}', "{}", '{"values": {"n": 12}}'):
        with pytest.raises(InvalidAnswerError):
            slots.parse(wrong)


def test_code_is_the_first_block_and_has_to_parse() -> None:
    parser = CodeBlock("python")
    assert parser.parse("Here:\n```python\nx = 1\n```\nand\n```python\ny\n```") == "x = 1\n"
    assert parser.parse("x = 1") == "x = 1\n"
    with pytest.raises(InvalidAnswerError, match="does not parse"):
        parser.parse("Here is the code you asked for.")
    with pytest.raises(InvalidAnswerError, match="no code"):
        parser.parse("```python\n\n```")


def test_a_model_that_declines_has_not_answered() -> None:
    with pytest.raises(InvalidAnswerError, match="model declined"):
        PlainText().parse("I'm sorry, but I can't help with that.")
