"""Two files whose lines belong together: CodeXGLUE's translation and refinement sets."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any, ClassVar

from codetune.errors import DataError
from codetune.records import Instruction, content_id
from codetune.rejection import Rejection
from codetune.seeding import draw
from codetune.sources.files.input_files import InputFile, InputFiles
from codetune.sources.files.row_blocks import Block
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource

__all__ = ["RefinementSource", "TranslationSource"]

_ROWS = 5_000


class _ParallelSource(RowSource):
    left: ClassVar[str]
    right: ClassVar[str]
    """Endings of the two files; what stands before them is the same."""

    def check(self, upstream: InputFiles) -> None:
        if not any(True for _ in _pairs(upstream, self.left, self.right)):
            names = ", ".join(file.name for file in upstream.files[:3])
            raise DataError(
                f"the path holds nothing of the source {self.name}: it needs two files, *{self.left} and *{self.right}",
                where=upstream.path,
                next_step=f"give the folder that holds both (found: {names})",
            )

    def pieces(self, upstream: InputFiles) -> Iterator[Block]:
        for left, right in _pairs(upstream, self.left, self.right):
            name = left.name.removesuffix(self.left)
            yield from _paired_blocks(name, left, right)

    def sides(self, row: Row) -> tuple[str, str]:
        """The two lines of a row.

        Raises:
            Rejection: One of them is missing or blank.
        """
        keys = (("left", self.left), ("right", self.right))
        for key, ending in keys:
            if row.fields.get(key) is None:
                raise Rejection("no counterpart", f"the file *{ending} has no such line")
        sides = []
        for key, ending in keys:
            text = row.text(key).strip()
            if not text:
                raise Rejection("empty field", f"the line of *{ending}")
            if "\ufffd" in text:
                raise Rejection("not UTF-8", f"in the line of *{ending}")
            sides.append(text)
        return sides[0], sides[1]


def _pairs(upstream: InputFiles, left: str, right: str) -> Iterator[tuple[InputFile, InputFile]]:
    by_name = {file.plain_name: file for file in upstream.files}
    for name, file in sorted(by_name.items()):
        other = by_name.get(name.removesuffix(left) + right)
        if name.endswith(left) and other is not None:
            yield file, other


def _paired_blocks(name: str, left: InputFile, right: InputFile) -> Iterator[Block]:
    row = 1
    held: list[dict[str, str | None]] = []
    fault: tuple[tuple[int, str, str], ...] = ()
    try:
        with left.open() as one, right.open() as two:
            for first, second in zip_longest(_lines(one), _lines(two)):
                held.append({"left": first, "right": second})
                if len(held) == _ROWS:
                    yield Block(name, row, "objects", held)
                    row += len(held)
                    held = []
    except Rejection as found:
        fault = ((row + len(held), found.reason, found.detail),)
    if held or fault:
        yield Block(name, row, "objects", held, fault)


def _lines(stream: Any) -> Iterator[str]:
    # Only \n ends a line: the code inside may hold any other separator.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="\n")
    try:
        for line in text:
            yield line.rstrip("\r\n")
    finally:
        text.detach()  # the stream is closed by whoever opened it


class TranslationSource(_ParallelSource):
    """Methods of the same meaning in Java and C#; each pair in one direction, chosen by its content."""

    name = "codexglue-translation"
    holds = "12,000 pairs of Java and C# methods that do the same"
    reads = "SPLIT.java-cs.txt.java and SPLIT.java-cs.txt.cs"
    license = "LicenseRef-C-UDA-1.0"
    license_url = "https://github.com/microsoft/CodeXGLUE/blob/main/README.md#license"
    url = "https://github.com/microsoft/CodeXGLUE/tree/main/Code-Code/code-to-code-trans"
    has_splits = True
    suffixes = (".txt.java", ".txt.cs")
    left, right = ".java", ".cs"

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "left" in row and "right" in row

    def convert(self, row: Row) -> Iterable[Instruction]:
        java, csharp = self.sides(row)
        forward = draw(row.seed, content_id("pair", java, csharp), "direction").random() < 0.5
        pair = (("java", java), ("csharp", csharp))
        (source, code), (target, translation) = pair if forward else pair[::-1]
        fields = {
            "source_language": source,
            "target_language": target,
            "code": code,
            "translation": translation,
        }
        yield row.to_instruction(
            "code_translation",
            fields,
            programming_language=target,
            lineage=row.lineage(group=content_id("pair", java, csharp)),
            tags=_split_tags(row.file),
        )


class RefinementSource(_ParallelSource):
    """Bug2Fix: Java methods before and after a fix, identifiers abstracted."""

    name = "codexglue-refinement"
    holds = "Bug2Fix: 124,000 Java methods before and after a fix, identifiers abstracted"
    reads = "small/ and medium/ with SPLIT.buggy-fixed.buggy and SPLIT.buggy-fixed.fixed"
    license = "LicenseRef-C-UDA-1.0"
    license_url = "https://github.com/microsoft/CodeXGLUE/blob/main/README.md#license"
    url = "https://github.com/microsoft/CodeXGLUE/tree/main/Code-Code/code-refinement"
    has_splits = True
    suffixes = (".buggy", ".fixed")
    left, right = ".buggy", ".fixed"

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "left" in row and "right" in row

    def convert(self, row: Row) -> Iterable[Instruction]:
        buggy, fixed = self.sides(row)
        if buggy == fixed:
            raise Rejection("nothing changed", "both lines are equal")
        size = next((part for part in PurePosixPath(row.file).parts if part in ("small", "medium")), None)
        yield row.to_instruction(
            "code_repair",
            {"code": buggy, "fixed": fixed},
            programming_language="java",
            lineage=row.lineage(group=content_id("bug", buggy)),
            tags=(*_split_tags(row.file), *((f"size:{size}",) if size else ())),
        )


def _split_tags(file: str) -> tuple[str, ...]:
    stem = PurePosixPath(file).name.partition(".")[0]
    return (f"split:{stem}",) if stem in ("train", "valid", "test", "eval", "dev") else ()
