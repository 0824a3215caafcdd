"""Any rows with a mapping: which field of theirs is the instruction, the answer, the tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any

from codetune.code.languages import canonical_language
from codetune.errors import ConfigError, DataError
from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.sources.config import CollectConfig
from codetune.sources.files.csv_blocks import csv_blocks
from codetune.sources.files.input_files import InputFiles, find
from codetune.sources.files.row_blocks import Block, blocks, rows
from codetune.sources.rows.row import Row, natural_language
from codetune.sources.rows.row_source import RowSource, convert_block
from codetune.sources.source import Collection
from codetune.tasks.registry import TASKS, get_task

__all__ = ["GenericSource"]

_NEEDED = ("instruction", "output")
_TARGETS = MappingProxyType({
    "instruction": "what is asked",
    "input": "what the instruction is about",
    "output": "the answer",
    "tests": "a test program, a list of its lines, or test data",
    "task": "name of the task; instruction_following if not mapped",
    "programming_language": "language of the answer's code",
    "language": "natural language, ISO 639-1",
    "license": "SPDX expression",
    "upstream_id": "upstream's own id",
    "group": "rows of one group stay together in splits",
})  # fmt: skip
_CSV = (".csv", ".tsv")
_PEEKED_ROWS = 20


class GenericSource(RowSource):
    """Rows of any fields; `map` says what each field of the record is made of."""

    name = "generic"
    holds = "rows of your own, with a mapping of their fields"
    reads = "JSON, JSON Lines, CSV or Parquet, with --map instruction=FIELD --map output=FIELD"
    suffixes = (".json", ".jsonl", ".ndjson", ".parquet", *_CSV)

    def open(self, config: CollectConfig, seed: int) -> Collection:
        upstream = find(config.path, self.name, self.suffixes)
        _check_mapping(config.map)
        mapped = _Mapped(config.map)
        _check_fields(upstream, config.map)
        return Collection(
            items=partial(mapped.pieces, upstream),
            work=partial(convert_block, mapped, config, seed),
            inputs={f"input of {self.name}": upstream.content_hash()},
            notes={"files": len(upstream.files)},
        )


class _Mapped(GenericSource):
    """The source with its mapping."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self.mapping = dict(mapping)

    def pieces(self, upstream: InputFiles) -> Iterator[Block]:
        for file in upstream.files:
            yield from csv_blocks(file) if file.plain_name.lower().endswith(_CSV) else blocks(file)

    def convert(self, row: Row) -> Iterable[Instruction]:
        found = {target: value_at(row.fields, path) for target, path in self.mapping.items()}
        texts = {target: _text(target, value) for target, value in found.items()}
        for target in _NEEDED:
            if not (texts[target] or "").strip():
                reason = "missing field" if found[target] is None else "empty field"
                raise Rejection(reason, self.mapping[target])
        upstream_id = texts.get("upstream_id") or row.upstream_id
        task = texts.get("task") or "instruction_following"
        if task not in TASKS:
            raise Rejection("unknown task", task)
        yield Instruction(
            task=task,
            instruction=texts["instruction"] or "",
            input=texts.get("input") or "",
            output=texts["output"] or "",
            tests=texts.get("tests"),
            language=texts.get("language") or natural_language(texts["instruction"] or ""),
            programming_language=canonical_language(texts.get("programming_language")),
            source=self.name,
            license=texts.get("license"),
            lineage=row.lineage(upstream_id=upstream_id, group=texts.get("group")),
        )


def value_at(row: Any, path: str) -> Any:
    """The value of a field: `a.b.0` looks into objects and lists, `=text` is that text in every row.

    >>> value_at({"cases": [{"code": "x"}]}, "cases.0.code")
    'x'
    """
    if path.startswith("="):
        return path[1:]
    if isinstance(row, Mapping) and path in row:  # a name with a dot in it
        return row[path]
    for key in path.split("."):
        if isinstance(row, Mapping):
            row = row.get(key)
        elif isinstance(row, list) and key.lstrip("-").isdigit():
            row = row[int(key)] if -len(row) <= int(key) < len(row) else None
        else:
            return None
    return row


def _text(target: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        if "\0" in value:
            raise Rejection("NUL bytes", f"in the field for {target}")
        return value
    if isinstance(value, (int, float)):
        return str(value)
    if target == "tests" and isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if target == "tests":
        return json.dumps(value, ensure_ascii=False)
    raise Rejection("wrong type", f"the field for {target} is {type(value).__name__}, not text")


def _check_mapping(mapping: Mapping[str, str]) -> None:
    unknown = [target for target in mapping if target not in _TARGETS]
    if unknown:
        raise ConfigError(
            f"{unknown[0]!r} is nothing that can be mapped to",
            next_step=f"choose from: {', '.join(_TARGETS)}",
        )
    missing = [target for target in _NEEDED if target not in mapping]
    if missing:
        raise ConfigError(
            f"the mapping has no {missing[0]}",
            next_step=f"say which field it is: --map {missing[0]}=FIELD",
        )
    task = mapping.get("task", "")
    if task.startswith("="):
        get_task(task[1:])


def _check_fields(upstream: InputFiles, mapping: Mapping[str, str]) -> None:
    """Refuse a mapping that fits none of the first rows; the fields that are there are named."""
    file = upstream.files[0]
    first = next(
        csv_blocks(file) if file.plain_name.lower().endswith(_CSV) else blocks(file, size=1 << 18), None
    )
    peeked = [] if first is None else [value for _, value in islice(rows(first), _PEEKED_ROWS)]
    objects = [value for value in peeked if isinstance(value, dict)]
    if peeked and not objects:
        fault = next((value for value in peeked if isinstance(value, Rejection)), None)
        raise DataError(
            f"its rows can't be read: {fault.detail or fault.reason}"
            if fault is not None
            else "this is not a file of the source generic: its first rows are no objects",
            where=f"{upstream.path}, {file.name}",
            next_step=f"it reads {GenericSource.reads}",
        )
    for target in _NEEDED:
        if objects and all(value_at(value, mapping[target]) is None for value in objects):
            raise DataError(
                f"no row has the field {mapping[target]!r} that {target} is mapped to",
                where=f"{upstream.path}, {file.name}",
                next_step=_what_there_is(objects[0], mapping[target]),
            )


def _what_there_is(row: Mapping[str, Any], path: str) -> str:
    """The fields of a row, or the field of a whole file that holds its rows."""
    inner = [name for name, value in row.items() if isinstance(value, list) and value]
    for name in inner:
        if value_at(row[name][0], path) is not None:
            return f"the rows stand in the file's field {name!r}: write that list into a file of its own"
    return f"its rows have: {', '.join(sorted(map(str, row))[:12])}"
