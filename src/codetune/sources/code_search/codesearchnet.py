"""CodeSearchNet: functions with their documentation in six languages, as published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from codetune.code.comments import comment_text
from codetune.code.languages import canonical_language
from codetune.records import Snippet
from codetune.rejection import Rejection
from codetune.sources.config import CollectConfig
from codetune.sources.files.arrow_rows import blank_to_null, content_ids, filled, read_texts
from codetune.sources.files.input_files import InputFile, InputFiles
from codetune.sources.files.row_blocks import Block, blocks
from codetune.sources.rows.row import Row
from codetune.sources.rows.row_source import RowSource
from codetune.sources.rows.splits import split_of_file
from codetune.store.schema import schema_of

__all__ = ["CodeSearchNetSource"]

_URL = re.compile(rb'"url"\s*:\s*"((?:[^"\\]|\\.)*)"')
_LISTS = ("train.txt", "valid.txt", "test.txt")


class CodeSearchNetSource(RowSource):
    """Functions; where CodeXGLUE's lists of URLs lie in the folder, only those they name."""

    name = "codesearchnet"
    holds = "two million functions with documentation: Go, Java, JavaScript, PHP, Python, Ruby"
    reads = "LANG/final/jsonl/SPLIT/*.jsonl.gz, with CodeXGLUE's lists dataset/LANG/SPLIT.txt where they are"
    record = Snippet
    url = "https://github.com/github/CodeSearchNet"
    has_splits = True
    suffixes = (".jsonl", "/train.txt", "/valid.txt", "/test.txt")

    def fits(self, row: Mapping[str, Any]) -> bool:
        return "code" in row and "docstring" in row and ("func_name" in row or "repo" in row)

    def check(self, upstream: InputFiles) -> None:
        super().check(replace(upstream, files=_data(upstream)))

    def pieces(self, upstream: InputFiles) -> Iterator[Block]:
        lists = tuple(file for file in upstream.files if file.plain_name.endswith(_LISTS))
        wanted = _urls(lists) if lists else None
        missing = dict(wanted) if wanted is not None else {}
        for file in _data(upstream):
            for block in blocks(file):
                if wanted is None:
                    yield block
                    continue
                named = frozenset(url for url in _urls_in(block) if url in wanted)
                for url in named:
                    missing.pop(url, None)
                yield replace(block, extra=named)
        for list_name in sorted({origin[0] for origin in missing.values()}):
            faults = [(line, url) for url, (name, line) in missing.items() if name == list_name]
            unknown = tuple((line, "unknown id in the list", url) for line, url in sorted(faults))
            yield Block(list_name, 1, "objects", [], unknown)

    def table(self, block: Block, config: CollectConfig) -> tuple[pa.Table, Sequence[int]] | None:
        if block.extra is not None:
            return None
        found = read_texts(
            block,
            ("code", "language"),
            ("func_name", "docstring", "path", "repo", "sha", "url", "partition"),
        )
        if found is None:
            return None
        columns = found.columns
        named = columns["language"].dictionary_encode()
        known = pa.array([canonical_language(name) for name in named.dictionary.to_pylist()], pa.string())
        spoken = known.take(named.indices)
        names, docstrings, paths, repos, commits = (
            blank_to_null(columns[name]) for name in ("func_name", "docstring", "path", "repo", "sha")
        )
        marked = pc.fill_null(pc.match_substring_regex(docstrings, r"\A(?://|/\*|#)"), False)
        if pc.any(marked).as_py():
            texts = zip(docstrings.to_pylist(), marked.to_pylist(), strict=True)
            docstrings = pa.array(
                [_plain(text) if is_marked else text for text, is_marked in texts], pa.string()
            )
        lines = pc.struct_field(pc.extract_regex(columns["url"], r"#L(?P<line>\d+)(?:-[^#]*)?\z"), "line")
        parts = (columns["code"], spoken, names, docstrings, repos, paths, commits)
        values = {
            "id": content_ids("Snippet", parts),
            "code": columns["code"],
            "programming_language": spoken,
            "name": names,
            "docstring": docstrings,
            "path": paths,
            "start_line": lines.cast(pa.int64()),
            "repo": repos,
            "commit": commits,
            "source": self.name,
            "tags": pa.array(
                [_tags(partition, block.file) for partition in columns["partition"].to_pylist()],
                pa.list_(pa.string()),
            ),
        }
        schema = schema_of(Snippet)
        return pa.Table.from_arrays(filled(schema, len(spoken), values), schema=schema), found.odd

    def convert(self, row: Row) -> Iterable[Snippet]:
        url = row.text("url", default="")
        if row.extra is not None and url not in row.extra:
            raise Rejection("not in the lists", url)
        language = canonical_language(row.text("language", default=""))
        if language is None:
            raise Rejection("missing field", "language")
        return (
            Snippet(
                code=row.full_text("code"),
                programming_language=language,
                name=row.optional("func_name"),
                docstring=_plain(row.optional("docstring")),
                path=row.optional("path"),
                start_line=_first_line(url),
                repo=row.optional("repo"),
                commit=row.optional("sha"),
                source=row.source,
                tags=_tags(row.optional("partition"), row.file),
            ),
        )


def _tags(partition: str | None, file: str) -> tuple[str, ...]:
    """The split that the row names, else the one that its file's name tells."""
    split = split_of_file(partition or file)
    return (f"split:{split}",) if split else ()


def _plain(docstring: str | None) -> str | None:
    """Documentation without comment marks, which the Go part kept."""
    if docstring is None or not docstring.startswith(("//", "/*", "#")):
        return docstring
    return comment_text(docstring)


def _data(upstream: InputFiles) -> tuple[InputFile, ...]:
    return tuple(file for file in upstream.files if not file.plain_name.endswith(_LISTS))


def _urls(lists: Iterable[InputFile]) -> dict[str, tuple[str, int]]:
    """URL -> (list, line) of everything the lists name."""
    found: dict[str, tuple[str, int]] = {}
    for file in lists:
        with file.open() as stream:
            for number, line in enumerate(stream, 1):
                url = line.decode("utf-8", "replace").strip().removeprefix("\ufeff")
                if url:
                    found.setdefault(url, (file.name, number))
    return found


def _urls_in(block: Block) -> Iterator[str]:
    if block.kind == "objects":
        return (str(row.get("url")) for row in block.data if isinstance(row, dict))
    return (found.decode("utf-8", "replace").replace("\\/", "/") for found in _URL.findall(block.data))


def _first_line(url: str) -> int | None:
    """The line that the URL's `#L12-L34` points at."""
    digits = url.rpartition("#L")[2].partition("-")[0] if "#L" in url else ""
    return int(digits) if digits.isdigit() else None
