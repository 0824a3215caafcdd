"""Instructions with their answers, in Alpaca's fields: the generic format and the open sets that use it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from codetune.records import Instruction, Lineage
from codetune.sources.reading.faults import RowFault
from codetune.sources.row import Row, natural_language
from codetune.sources.row_source import RowSource
from codetune.text.languages import canonical_language

__all__ = [
    "AlpacaSource",
    "CodeAlpacaSource",
    "GodotDodoSource",
    "GpTeacherSource",
    "InstructToCodeSource",
    "fenced",
]

_FENCE = re.compile(r"```[ \t]*([A-Za-z][\w+#.-]*)[ \t]*\r?\n")
_NO_INPUT = frozenset({"<noinput>", "no input", "noinput", "none", "n/a"})
_NOT_PROGRAMMING = frozenset({"text", "plaintext", "txt", "output", "markdown", "md", "console", "log"})


def fenced(text: str) -> str | None:
    """The programming language that the first code fence of a text names, or None."""
    if "```" not in text:
        return None
    found = _FENCE.search(text)
    if found is None or found[1].lower() in _NOT_PROGRAMMING:
        return None
    return canonical_language(found[1])


class AlpacaSource(RowSource):
    """Rows of `instruction`, `input` and `output` (or `response`)."""

    name = "alpaca"
    holds = "instructions with their answers, in Alpaca's fields"
    reads = "JSON, JSON Lines or Parquet with instruction, input, output"
    programming_language: ClassVar[str | None] = None

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "instruction" in row and ("output" in row or "response" in row)

    def convert(self, row: Row) -> Iterable[Instruction]:
        instruction = row.full_text("instruction")
        given = row.text("input", default="")
        if given and given.strip().lower() in _NO_INPUT:
            given = ""
        answer = "output" if row.fields.get("output") is not None else "response"
        if answer == "response" and "response" not in row.fields:
            answer = "output"  # the name to complain about
        output = row.full_text(answer)
        if answer == "output" and row.fields.get("response") not in (None, output):
            raise RowFault("contradicting fields", "output and response differ")
        return (
            Instruction(
                task="instruction_following",
                instruction=instruction,
                input=given,
                output=output,
                language=natural_language(instruction),
                programming_language=self.programming_language or fenced(output) or fenced(given),
                source=row.source,
                license=row.license,
                lineage=Lineage(upstream_id=row.place),
            ),
        )


class CodeAlpacaSource(AlpacaSource):
    """Code Alpaca's instructions, answered by a model."""

    name = "codealpaca"
    holds = "20,000 instructions about code, written and answered by a model"
    reads = "code_alpaca_20k.json and its kin"
    license = "CC-BY-NC-4.0"
    url = "https://github.com/sahil280114/codealpaca"


class GpTeacherSource(AlpacaSource):
    """GPTeacher's code instructions."""

    name = "gpteacher"
    holds = "4,535 instructions about code, written and answered by a model"
    reads = "codegen-instruct.json"
    license = "MIT"
    url = "https://github.com/teknium1/GPTeacher"


class InstructToCodeSource(AlpacaSource):
    """Instruct-to-Code: instructions and the code that answers them."""

    name = "instruct-to-code"
    holds = "instructions and the code that answers them, from several public sets"
    reads = "JSON, JSON Lines or Parquet with instruction, input, output"
    url = "https://huggingface.co/datasets/Graverman/Instruct-to-Code"


class GodotDodoSource(AlpacaSource):
    """godot-dodo: functions of the Godot engine's language with instructions written for them."""

    name = "godot-dodo"
    holds = "60,000 GDScript functions with an instruction written for each"
    reads = "godot_dodo_4x_60k.json"
    license = "MIT"
    url = "https://github.com/minosvasilias/godot-dodo"
    programming_language = "gdscript"
