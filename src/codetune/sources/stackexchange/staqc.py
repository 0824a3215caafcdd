"""StaQC: ids of the code blocks on Stack Overflow that answer their question, for Python and SQL."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from codetune.errors import DataError
from codetune.records import Record
from codetune.rejection import Rejection
from codetune.sources.code_search.search_pairs import SearchPair, choices
from codetune.sources.config import CollectConfig
from codetune.sources.files.input_files import InputFile, InputFiles
from codetune.sources.files.plain_pickle import plain_pickle
from codetune.sources.files.row_blocks import Block, blocks
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource
from codetune.store.dataset import Shard

__all__ = ["StaqcSource"]

_LINES_BYTES = 64 << 10
_ID_LINE = re.compile(rb"\(\s*\d+\s*,|\d+\s*$")


class StaqcSource(RowSource):
    """Lines of `(question id, block)`; titles and code lie in the pickles that upstream publishes beside.

    The pickles are read by an unpickler that knows plain data only, so a forged one can run nothing.
    """

    name = "staqc"
    holds = "148,000 Python and 120,000 SQL pairs of question and code block, found by a classifier"
    reads = "*_iids.txt or *_iids.pickle, with *_iid_to_code.pickle and *_qid_to_title.pickle"
    license = "CC-BY-4.0"
    license_url = "https://github.com/LittleYUYU/StackOverflow-Question-Code-Dataset/blob/master/README.md"
    url = "https://github.com/LittleYUYU/StackOverflow-Question-Code-Dataset"
    suffixes = ("iids.txt", "iids.pickle", "code.pickle", "title.pickle")
    lines_only = True

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "iid" in row

    def check(self, upstream: InputFiles) -> None:
        lists = upstream.matching("iids.txt", "iids.pickle")
        first = next((_first_line(file) for file in lists if file.plain_name.endswith(".txt")), b"(0, 0)")
        if not lists or not _ID_LINE.match(first.removeprefix(b"\xef\xbb\xbf")):
            raise DataError(
                "the path holds nothing of the source staqc: there is no list of ids such as python_multi_code_iids.txt",
                where=upstream.path,
                next_step="give upstream's folder",
            )

    def pieces(self, upstream: InputFiles) -> Iterator[Block]:
        for file in upstream.matching("iids.txt", "iids.pickle"):
            language = "sql" if PurePosixPath(file.name).name.startswith("sql") else "python"
            extra = (language, *_tables(upstream, language, multiple="multi" in file.name))
            for block in _id_blocks(file):
                yield replace(block, extra=extra)

    def convert(self, row: Row) -> Iterable[Any]:
        language, codes, titles = row.extra
        question, key = _iid(row.fields["iid"])
        code = _table(codes).get(key) if codes is not None else None
        if code is None:
            raise Rejection(
                "no code for this id", f"{key!r}; upstream publishes the code as *_iid_to_code.pickle"
            )
        title = _table(titles).get(question) if titles is not None else None
        if title is None:
            raise Rejection(
                "no title for this id", f"{question}; upstream publishes titles as *_qid_to_title.pickle"
            )
        yield SearchPair(
            row=row,
            query=str(title).strip(),
            code=str(code).strip("\n"),
            group=str(question),
            programming_language=language,
            url=f"https://stackoverflow.com/q/{question}",
            upstream_id=str(key),
        )

    def complete(self, found: Sequence[Any], config: CollectConfig, seed: int) -> Shard[Record]:
        return choices(found, config, seed)


def _first_line(file: InputFile) -> bytes:
    with file.open() as stream:
        return stream.readline(1000).strip()


def _tables(
    upstream: InputFiles, language: str, *, multiple: bool
) -> tuple[InputFile | None, InputFile | None]:
    """The code and the titles of one language; several-answer and single-answer posts have their own."""
    kinds = ("multi",) if multiple else ("single", "how_to")

    def best(ending: str) -> InputFile | None:
        found = [m for m in upstream.matching(ending) if PurePosixPath(m.name).name.startswith(language)]
        fitting = [m for m in found if any(kind in PurePosixPath(m.name).name for kind in kinds)]
        return next(iter(fitting or found), None)

    return best("code.pickle"), best("title.pickle")


def _id_blocks(file: InputFile) -> Iterator[Block]:
    if file.plain_name.endswith(".pickle"):
        try:
            ids = sorted(_plain_pickle(file), key=repr)
        except Rejection as fault:
            yield Block(file.name, 1, "objects", [], ((1, fault.reason, fault.detail),))
            return
        for start in range(0, len(ids), 2000):
            yield Block(
                file.name, start + 1, "objects", [{"iid": repr(one)} for one in ids[start : start + 2000]]
            )
        return
    for block in blocks(file, size=_LINES_BYTES, lines_only=True):
        if block.kind == "lines":
            lines = block.data.decode("utf-8", "replace").removesuffix("\n").split("\n")
            yield replace(block, kind="objects", data=[{"iid": line.strip()} for line in lines])
        else:
            yield block


def _iid(text: str) -> tuple[int, Any]:
    """(question, key): `(question, block)` of several-answer posts, `question` of the others."""
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise Rejection("not an id", text[:80]) from error
    if isinstance(value, int):
        return value, value
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, int) for part in value):
        return value[0], value
    raise Rejection("not an id", text[:80])


def _plain_pickle(file: InputFile) -> Any:
    with file.open() as stream:
        return plain_pickle(stream.read(), file.name)


@lru_cache(maxsize=4)
def _table(file: InputFile) -> Mapping[Any, Any]:
    table = _plain_pickle(file)
    if not isinstance(table, dict):
        raise Rejection("pickle refused", f"{file.name} holds no table")
    return table
