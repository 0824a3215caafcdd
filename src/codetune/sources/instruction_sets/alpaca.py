"""Instructions with their answers, in Alpaca's fields: the generic format and the open sets that use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from codetune.code.language_of_text import language_of_text
from codetune.code.languages import canonical_language
from codetune.records import Instruction, Lineage, content_id
from codetune.rejection import Rejection
from codetune.sources.config import CollectConfig
from codetune.sources.files.arrow_rows import content_ids, filled, read_texts
from codetune.sources.files.row_blocks import Block
from codetune.sources.rows.row import Row, natural_language
from codetune.sources.rows.row_source import RowSource
from codetune.store.schema import schema_of
from codetune.text.fences import fenced_blocks

__all__ = [
    "AlpacaSource",
    "CodeAlpacaSource",
    "GodotDodoSource",
    "GpTeacherSource",
    "InstructToCodeSource",
    "fenced",
]

_NO_INPUT = frozenset({"<noinput>", "no input", "noinput", "none", "n/a"})
_NO_INPUT_SET = pa.array(sorted(_NO_INPUT))
_TASK = "instruction_following"
_NOT_PROGRAMMING = frozenset({"text", "plaintext", "txt", "output", "markdown", "md", "console", "log"})


def fenced(text: str) -> str | None:
    """The programming language that the first code fence of a text names, or None."""
    if "```" not in text:
        return None
    label = next((block.label for block in fenced_blocks(text) if block.label), "")
    return canonical_language(label) if label not in _NOT_PROGRAMMING else None


class AlpacaSource(RowSource):
    """Rows of `instruction`, `input` and `output` (or `response`)."""

    name = "alpaca"
    holds = "instructions with their answers, in Alpaca's fields"
    reads = "JSON, JSON Lines or Parquet with instruction, input, output"
    programming_language: ClassVar[str | None] = None
    tells_language: ClassVar[bool] = False
    """Whether answers are code as a rule, so that its language is told from the code and the request."""

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "instruction" in row and ("output" in row or "response" in row)

    def table(self, block: Block, config: CollectConfig) -> tuple[pa.Table, Sequence[int]] | None:
        found = read_texts(block, ("instruction", "output"), ("input", "response"))
        if found is None or found.columns["response"].null_count != len(found.numbers):
            return None
        asked, output = found.columns["instruction"], found.columns["output"]
        given = pc.fill_null(found.columns["input"], "")
        nothing = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(given)), _NO_INPUT_SET)
        given = pc.if_else(nothing, "", given)
        rows = len(given)
        schema = schema_of(Instruction)
        places = pc.binary_join_element_wise(f"{block.file}:", found.numbers.cast(pa.string()), "")
        lineage_type = schema.field("lineage").type
        lineage = filled(lineage_type, rows, {"upstream_id": places})
        values = {
            "id": content_ids("Instruction", (_TASK, asked, given, output)),
            "task": _TASK,
            "instruction": asked,
            "input": given,
            "output": output,
            "language": self._languages(asked),
            "programming_language": self._programming_languages(output, given, asked),
            "source": self.name,
            "license": self.license,
            "lineage": pa.StructArray.from_arrays(lineage, fields=list(lineage_type)),
        }
        return pa.Table.from_arrays(filled(schema, rows, values), schema=schema), found.odd

    def _languages(self, instructions: pa.Array) -> pa.Array | str:
        plain = pc.string_is_ascii(instructions)
        if pc.all(plain).as_py():
            return "en"
        found = [
            "en" if ok else natural_language(text)
            for ok, text in zip(plain.to_pylist(), instructions.to_pylist(), strict=True)
        ]
        return pa.array(found, pa.string())

    def _programming_languages(
        self, outputs: pa.Array, inputs: pa.Array, asked: pa.Array
    ) -> pa.Array | str | None:
        if self.programming_language is not None:
            return self.programming_language
        if self.tells_language:
            texts = zip(outputs.to_pylist(), inputs.to_pylist(), asked.to_pylist(), strict=True)
            return pa.array([self._language(*parts) for parts in texts], pa.string())
        fences = pc.or_(pc.match_substring(outputs, "```"), pc.match_substring(inputs, "```"))
        if not pc.any(fences).as_py():
            return None
        marked = zip(fences.to_pylist(), outputs.to_pylist(), inputs.to_pylist(), strict=True)
        return pa.array(
            [(fenced(out) or fenced(given)) if has else None for has, out, given in marked], pa.string()
        )

    def _language(self, output: str, given: str, asked: str) -> str | None:
        """The language of a row's code: as the source says, as a fence says, or told from the answer."""
        marked = self.programming_language or fenced(output) or fenced(given)
        if marked is not None or not self.tells_language or "```" in output:
            return marked
        return language_of_text(output, f"{asked} {given}" if len(given) < 80 else asked)

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
            raise Rejection("contradicting fields", "output and response differ")
        return (
            Instruction(
                id=content_id(
                    "Instruction", _TASK, instruction, given, output
                ),  # at once, for a million rows
                task=_TASK,
                instruction=instruction,
                input=given,
                output=output,
                language=natural_language(instruction),
                programming_language=self._language(output, given, instruction),
                source=row.source,
                license=row.license,
                lineage=Lineage(upstream_id=row.upstream_id),
            ),
        )


class CodeAlpacaSource(AlpacaSource):
    """Code Alpaca's instructions, answered by a model."""

    name = "codealpaca"
    holds = "20,000 instructions about code, written and answered by a model"
    reads = "code_alpaca_20k.json and its kin"
    tells_language = True
    license = "CC-BY-NC-4.0"
    license_url = "https://github.com/sahil280114/codealpaca/blob/master/DATA_LICENSE"
    url = "https://github.com/sahil280114/codealpaca"


class GpTeacherSource(AlpacaSource):
    """GPTeacher's code instructions."""

    name = "gpteacher"
    holds = "4,535 instructions about code, written and answered by a model"
    reads = "codegen-instruct.json"
    tells_language = True
    license = "MIT"
    license_url = "https://github.com/teknium1/GPTeacher/blob/main/LICENSE"
    url = "https://github.com/teknium1/GPTeacher"


class InstructToCodeSource(AlpacaSource):
    """Instruct-to-Code: instructions and the code that answers them."""

    name = "instruct-to-code"
    holds = "instructions and the code that answers them, from several public sets"
    reads = "JSON, JSON Lines or Parquet with instruction, input, output"
    tells_language = True
    url = "https://huggingface.co/datasets/Graverman/Instruct-to-Code"


class GodotDodoSource(AlpacaSource):
    """godot-dodo: functions of the Godot engine's language with instructions written for them."""

    name = "godot-dodo"
    holds = "60,000 GDScript functions with an instruction written for each"
    reads = "godot_dodo_4x_60k.json"
    license = "MIT"
    license_url = "https://github.com/minosvasilias/godot-dodo/blob/main/LICENSE"
    url = "https://github.com/minosvasilias/godot-dodo"
    programming_language = "gdscript"
