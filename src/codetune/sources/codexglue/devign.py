"""Devign, as CodeXGLUE splits it: C functions, each with or without a vulnerability."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from codetune.records import Instruction
from codetune.rejection import Rejection
from codetune.sources.files.input_files import InputFile, InputFiles
from codetune.sources.files.row_blocks import Block, blocks, row_count
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["DevignSource"]

_SPLITS = ("train", "valid", "test")


class DevignSource(RowSource):
    """Rows of `func` and `target`; a `function.json` beside lists of indices keeps what they name."""

    name = "codexglue-defect"
    holds = "Devign: 27,000 C functions of FFmpeg and QEMU, half of them vulnerable"
    reads = "function.json with train.txt, valid.txt, test.txt; or SPLIT.jsonl"
    license = "LicenseRef-C-UDA-1.0"
    license_url = "https://github.com/microsoft/CodeXGLUE/blob/main/README.md#license"
    url = "https://github.com/microsoft/CodeXGLUE/tree/main/Code-Code/Defect-detection"
    has_splits = True
    suffixes = (".json", ".jsonl", "train.txt", "valid.txt", "test.txt")

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "func" in row and "target" in row

    def check(self, upstream: InputFiles) -> None:
        super().check(replace(upstream, files=upstream.matching(".json", ".jsonl")))

    def pieces(self, upstream: InputFiles) -> Iterator[Block]:
        for file in upstream.matching(".json", ".jsonl"):
            lists = _lists_beside(upstream, file)
            if not lists:
                stem = PurePosixPath(file.plain_name).stem
                splits = (stem,) if stem in _SPLITS else ()
                yield from (replace(block, extra=splits) for block in blocks(file))
            else:
                yield from _listed(file, lists)

    def convert(self, row: Row) -> Iterable[Instruction]:
        splits = row.extra
        if isinstance(splits, dict):
            splits = splits.get(row.number - 1, ())
            if not splits:
                raise Rejection("not in the lists", f"index {row.number - 1}")
        yield row.to_instruction(
            "defect_detection",
            {"code": row.full_text("func"), "label": row.label("target")},
            programming_language="c",
            lineage=row.lineage(
                repo=row.optional("project"),
                commit=row.optional("commit_id"),
                group=row.optional("commit_id"),
            ),
            tags=tuple(f"split:{split}" for split in splits),
        )


def _lists_beside(upstream: InputFiles, file: InputFile) -> tuple[InputFile, ...]:
    """The split lists of a file of all functions; a file that is one split already has none."""
    if PurePosixPath(file.plain_name).name != "function.json":
        return ()
    folder = PurePosixPath(file.name).parent
    wanted = {str(folder / f"{split}.txt") for split in _SPLITS}
    return tuple(m for m in upstream.files if m.plain_name in wanted)


def _listed(file: InputFile, lists: tuple[InputFile, ...]) -> Iterator[Block]:
    named: dict[int, tuple[str, ...]] = {}
    origin: dict[int, tuple[str, int]] = {}
    faults: dict[str, list[tuple[int, str, str]]] = {}
    for split in lists:
        with split.open() as stream:
            for number, line in enumerate(stream, 1):
                text = line.strip()
                if text.isdigit():
                    stem = PurePosixPath(split.plain_name).stem
                    named[int(text)] = (*named.get(int(text), ()), stem)
                    origin[int(text)] = (split.name, number)
                elif text:
                    faults.setdefault(split.name, []).append(
                        (number, "not an index", text.decode("utf-8", "replace"))
                    )
    known = 0
    for block in blocks(file):
        here = range(block.first - 1, block.first - 1 + row_count(block))
        known = max(known, here.stop)
        yield replace(block, extra={index: named[index] for index in here if index in named})
    for index in sorted(index for index in named if index >= known):
        list_name, at_line = origin[index]
        faults.setdefault(list_name, []).append((at_line, "unknown id in the list", str(index)))
    for list_name in sorted(faults):
        yield Block(list_name, 1, "objects", [], tuple(sorted(faults[list_name])))
