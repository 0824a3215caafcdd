from __future__ import annotations

import pytest

from codetune.synth.python.literals import is_literal
from codetune.synth.runtime.answer_parsers import JsonSlots, Slot
from codetune.synth.runtime.raw_answers import InvalidAnswerError

LITERALS = (
    "(1, 2)", "[(1, 'a'), (2, 'b')]", "{1, 2}", "{'a': [1, {2}]}", "-3", "1e-9", "2 + 3j", "b'\\x00'", "None", "True",
    "float('inf')", "-float(\"inf\")", "set()", "frozenset({1})", "[[1, 2], [3]]", "'⟨α⟩ 北京'", "()", "10**9", "range(3)",
)  # fmt: skip


@pytest.mark.parametrize("text", LITERALS)
def test_any_literal_of_python_fits_a_slot_for_values(text: str) -> None:
    assert is_literal(text)
    slots = JsonSlots({"arguments": {"x": Slot("[0-9]+", "a number", literal=True)}})
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    assert slots.parse(f'{{"arguments": {{"x": "{plain}"}}}}') == {"arguments": {"x": text}}


@pytest.mark.parametrize(
    "text", ["open('x')", "x", "__import__('os')", "[x for x in y]", "1; 2", "lambda: 1", "1\n2", ""]
)
def test_what_runs_or_names_something_is_no_literal(text: str) -> None:
    assert not is_literal(text)


def test_a_slot_for_a_definition_takes_its_pattern_alone() -> None:
    slots = JsonSlots({"missing": {"f": Slot("def f.*", "a definition")}})
    with pytest.raises(InvalidAnswerError):
        slots.parse('{"missing": {"f": "(1, 2)"}}')
