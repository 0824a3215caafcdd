"""CodePro: the code blocks of Stack Overflow's answers, each labelled as an answer or not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from codetune.errors import DataError
from codetune.records import Record
from codetune.rejection import Rejection
from codetune.sources.code_search.search_pairs import SearchPair, choices
from codetune.sources.config import CollectConfig
from codetune.sources.files.input_files import InputFile, InputFiles
from codetune.sources.files.row_blocks import Block
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource
from codetune.store.dataset import Shard

__all__ = ["CodeProSource", "labelled_block", "labelled_rows"]

_BLOCK_STARTS = re.compile(r"(?:\A\s*\[|,\s*)(?=\[\(\d+, \d+\), \[\[)")
_QUESTION = re.compile(r"\[\((\d+), \d+\)")
_ROWS = 4_000
_CHARACTERS = 4 << 20


class CodeProSource(RowSource):
    """Labelled blocks: those labelled 1 are answers, the others stand against them as candidates.

    Read are the lists of blocks (`data_hnn`). The tab-separated predictions (`pred`) hold code with its names
    and values replaced, which no model should learn to write: their lines are rejected.
    """

    name = "codepro"
    holds = "8,500 labelled code blocks of Stack Overflow's answers about Python and SQL"
    reads = "data_hnn/*_blocks_labeled.txt, code_search/main/pred/*.txt"
    license = "CC-BY-SA-4.0"
    license_url = "https://stackoverflow.com/help/licensing"
    url = "https://github.com/hoogang/CodePro"
    suffixes = (".txt",)

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "block" in row or "line" in row

    def check(self, upstream: InputFiles) -> None:
        for file in upstream.files:
            with file.open() as stream:
                head = stream.read(4096).decode("utf-8-sig", "replace")
            if _BLOCK_STARTS.match(head) or len(head.partition("\n")[0].split("\t")) == 5:
                return
        raise DataError(
            "the path holds nothing of the source codepro: no file has labelled blocks",
            where=upstream.path,
            next_step="give CodePro's folder data_hnn or code_search",
        )

    def pieces(self, upstream: InputFiles) -> Iterator[Block]:
        for file in upstream.files:
            name = PurePosixPath(file.name).name.lower()
            language = "sql" if "sql" in name else "python"
            try:
                yield from _pieces(file, language)
            except Rejection as fault:
                yield Block(file.name, 1, "objects", [], ((1, fault.reason, fault.detail),))

    def convert(self, row: Row) -> Iterable[Any]:
        if "line" in row.fields:
            _from_line(row)
        else:
            yield _from_block(row)

    def complete(self, found: Sequence[Any], config: CollectConfig, seed: int) -> Shard[Record]:
        return choices(found, config, seed)


def _pieces(file: InputFile, language: str) -> Iterator[Block]:
    with file.open() as stream:
        text = stream.read(_CHARACTERS).decode("utf-8-sig", "replace")
        if _BLOCK_STARTS.match(text):
            yield from _literal_pieces(file, stream, text, language)
            return
        lines = (text + stream.read().decode("utf-8", "replace")).split("\n")
    numbered = [(n, line.rstrip("\r")) for n, line in enumerate(lines, 1) if line.strip()]
    yield from _grouped(file.name, numbered, lambda line: line.partition("\t")[0], "line", language)


def _literal_pieces(file: InputFile, stream: Any, text: str, language: str) -> Iterator[Block]:
    number = 1
    held = text
    pending: list[tuple[int, str]] = []
    while held:
        more = stream.read(_CHARACTERS).decode("utf-8", "replace")
        held += more
        starts = [match.end() for match in _BLOCK_STARTS.finditer(held)]
        ends = [held.rindex(",", 0, start) for start in starts[1:]]
        if not more:
            closing = held.rstrip()
            ends.append(len(closing) - 1 if closing.endswith("]]") else len(closing))
        for start, end in zip(starts, ends, strict=False):
            pending.append((number, held[start:end]))
            number += 1
        held = held[starts[len(ends)] - 1 :] if more and len(starts) > len(ends) else ""
        if held:
            held = "," + held.lstrip(",")
    yield from _grouped(file.name, pending, _question_of, "block", language)


def _question_of(block: str) -> str:
    found = _QUESTION.match(block)
    return found[1] if found else ""


def _grouped(
    name: str, numbered: Sequence[tuple[int, str]], key: Any, field: str, language: str
) -> Iterator[Block]:
    """Blocks that keep the rows of one question together."""
    held: list[tuple[int, str]] = []
    for number, text in numbered:
        if len(held) >= _ROWS and key(held[-1][1]) != key(text):
            yield Block(name, held[0][0], "objects", [{field: t} for _, t in held], extra=language)
            held = []
        held.append((number, text))
    if held:
        yield Block(name, held[0][0], "objects", [{field: t} for _, t in held], extra=language)


def labelled_block(text: str) -> tuple[int, int, str, str, str, str, int, bool]:
    """One block: question id, block number, text before, text after, code, question, blocks, label.

    Raises:
        Rejection: It is not such a literal.
    """
    try:
        (question, number), before, after, code, title, blocks, label = _parts(text)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        raise Rejection("not a labelled block", f"{error}: {text[:60]}") from error
    return question, number, before, after, code, title, blocks, bool(label)


def labelled_rows(path: Path) -> list[tuple[int, int, str, str, str, str, int, bool]]:
    """All blocks of one file of labelled blocks.

    Raises:
        DataError: It can't be read, or holds something else.
    """
    language = "sql" if "sql" in path.name.lower() else "python"
    try:
        cut = list(_pieces(InputFile(path.name, str(path)), language))
        return [labelled_block(row["block"]) for block in cut for row in block.data]
    except (Rejection, KeyError) as error:
        raise DataError(
            "this is no file of labelled blocks",
            where=str(path),
            next_step="give *_blocks_labeled.txt of CodePro",
        ) from error


def _parts(text: str) -> tuple[Any, str, str, str, str, int, int]:
    iid, around, code, title, blocks, label = ast.literal_eval(text)
    before, after = (_joined(side) for side in around)
    return iid, before, after, _joined(code[0]), _joined(title), int(blocks), int(label)


def _joined(parts: Any) -> str:
    """Texts of a list; -10000 stands for nothing there."""
    return " ".join(str(part) for part in parts if str(part) != "-10000")


def _from_block(row: Row) -> SearchPair:
    question, number, _, _, code, title, _, label = labelled_block(row.text("block"))
    if not title.strip() or not code.strip():
        raise Rejection("empty field", "question or code")
    return SearchPair(
        row=row,
        query=title.strip(),
        code=code.strip("\n").removeprefix(" "),
        group=str(question),
        answers=label,
        programming_language=row.extra,
        url=f"https://stackoverflow.com/q/{question}",
        upstream_id=f"({question}, {number})",
    )


def _from_line(row: Row) -> NoReturn:
    """A line of the predictions: input of a classifier (`col0 > select * from col1`), never an answer.

    Raises:
        Rejection: Always; what is wrong with the line, or that its code is not as anyone wrote it.
    """
    parts = row.text("line").split("\t")
    if len(parts) != 5:
        raise Rejection("wrong number of fields", f"{len(parts)} of 5")
    query_id, _, code_id, _, label = parts
    if label.strip() not in ("0", "1"):
        raise Rejection("wrong type", f"the label is {label!r}, not 0 or 1")
    raise Rejection(
        "normalised code",
        f"{query_id}, {code_id}: names and values are replaced, blanks stand between tokens",
    )
