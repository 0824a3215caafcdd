"""BigCloneBench, as CodeXGLUE splits it: pairs of Java functions that do the same, or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from codetune.errors import DataError
from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.sources.files.input_files import InputFile, InputFiles
from codetune.sources.files.row_blocks import Block, blocks, rows
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["BigCloneBenchSource"]

_PAIRS = ("train.txt", "valid.txt", "test.txt")
_LINES_BYTES = 256 << 10


class BigCloneBenchSource(RowSource):
    """Lines of two ids and a label; the functions lie in the `data.jsonl` beside them."""

    name = "codexglue-clone"
    holds = "BigCloneBench: 1.7 million pairs of Java functions, clones or not"
    reads = "data.jsonl with train.txt, valid.txt, test.txt"
    license = "LicenseRef-C-UDA-1.0"
    license_url = "https://github.com/microsoft/CodeXGLUE/blob/main/README.md#license"
    url = "https://github.com/microsoft/CodeXGLUE/tree/main/Code-Code/Clone-detection-BigCloneBench"
    has_splits = True
    suffixes = ("data.jsonl", *_PAIRS)

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "func" in row and "idx" in row

    def check(self, upstream: InputFiles) -> None:
        functions = upstream.matching("data.jsonl")
        if not functions or not upstream.matching(*_PAIRS):
            raise DataError(
                f"the source {self.name} needs data.jsonl and at least one of {', '.join(_PAIRS)}",
                where=upstream.path,
                next_step="give the folder that holds both",
            )
        super().check(replace(upstream, files=functions))

    def pieces(self, upstream: InputFiles) -> Iterator[Block]:
        folders = {str(PurePosixPath(m.name).parent): m for m in upstream.matching("data.jsonl")}
        for folder, functions in folders.items():  # functions that can't be read are rows refused
            broken = [
                (n, v.reason, v.detail) for n, v in _function_rows(functions) if isinstance(v, Rejection)
            ]
            if broken:
                yield Block(functions.name, 1, "objects", [], tuple(broken))
            for pairs in upstream.matching(*_PAIRS):
                if str(PurePosixPath(pairs.name).parent) == folder:
                    for block in blocks(pairs, size=_LINES_BYTES, lines_only=True):
                        yield _as_objects(replace(block, extra=functions))

    def convert(self, row: Row) -> Iterable[Instruction]:
        parts = row.text("line").split("\t")
        if len(parts) != 3:
            raise Rejection("wrong number of fields", f"{len(parts)}, not two ids and a label")
        first, second, label = (part.strip() for part in parts)
        if label not in ("0", "1"):
            raise Rejection("wrong type", f"the label is {label!r}, not 0 or 1")
        functions = _functions(row.extra)
        for wanted in (first, second):
            if wanted not in functions:
                raise Rejection("unknown id in the list", wanted)
        split = PurePosixPath(row.file.removesuffix(".gz")).stem
        yield row.to_instruction(
            "clone_detection",
            {"code_a": functions[first], "code_b": functions[second], "label": label == "1"},
            programming_language="java",
            lineage=row.lineage(group=f"bigclonebench:{first} & bigclonebench:{second}"),
            tags=(f"split:{split}",),
        )


def _as_objects(block: Block) -> Block:
    if block.kind != "lines":
        return block
    lines = block.data.decode("utf-8", "replace").removesuffix("\n").split("\n")
    kept = [(number, line.rstrip("\r")) for number, line in enumerate(lines, block.first)]
    return replace(block, kind="objects", data=[{"line": line} for _, line in kept])


def _function_rows(file: InputFile) -> Iterator[tuple[int, Any]]:
    for block in blocks(file):
        for number, value in rows(block):
            if isinstance(value, Rejection):
                yield number, value
            elif not isinstance(value, dict) or not isinstance(value.get("func"), str) or "idx" not in value:
                yield number, Rejection("missing field", "func or idx of a function")
            else:
                yield number, value


@lru_cache(maxsize=2)
def _functions(file: InputFile) -> dict[str, str]:
    """Id -> function; a few megabytes, kept by each worker."""
    return {str(v["idx"]): v["func"] for _, v in _function_rows(file) if not isinstance(v, Rejection)}
