"""A dump's rows, joined question by question in bounded memory, before they are parsed.

The dump lists posts by id, so an answer comes after its question, at any distance. One pass looks at
each row's head and writes the wanted ones into files by question, a few hundred of them; then each
file is joined alone. In memory there is one bit for each post id there has been.
"""

from __future__ import annotations

import re
import resource
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from codetune.errors import DataError
from codetune.rejection import Rejection
from codetune.sources.files.faults import FileFault
from codetune.sources.files.input_files import InputFile
from codetune.sources.stackexchange.posts import TAG, parse_row

__all__ = ["Broken", "Bucket", "SkippedCounts", "bucket_rows", "buckets", "raw_rows"]

_HEAD = re.compile(
    rb'<row Id="(\d+)" PostTypeId="(\d+)"(?: ParentId="(\d+)"| AcceptedAnswerId="\d+")? CreationDate="([^"]*)"'
)
"""How published dumps begin a row; of a row that begins otherwise each attribute is looked for alone."""
_ID = re.compile(rb'\sId="(\d+)"')
_KIND = re.compile(rb'\sPostTypeId="(\d+)"')
_PARENT = re.compile(rb'\sParentId="(\d+)"')
_TAGS = re.compile(rb'\sTags="([^"]*)"')
_CREATED = re.compile(rb'\sCreationDate="([^"]*)"')
_BUCKET_BYTES = 8 << 20
_MAX_BUCKETS = 900
"""Each is an open file, of which a process may commonly have 1,024."""
_BUFFER_BYTES = 64 << 10
_MAX_ROW_BYTES = 8 << 20
_MAX_ID = 1 << 31
"""The bits of so many ids take 256 MiB; no site comes near (Stack Overflow: 80 million)."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that could not be read: its number in the file, reason, detail."""

    number: int
    reason: str
    detail: str


@dataclass(slots=True)
class SkippedCounts:
    """Rows of a dump that the selection does not concern: counted, neither kept nor rejected."""

    rows: int = 0
    other_kinds: int = 0
    other_tags: int = 0
    answers_to_others: int = 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some questions with all their answers: raw rows with their numbers."""

    file: str
    rows: bytes
    """As `bucket_rows` reads them."""
    broken: tuple[Broken, ...]
    newest: str
    """Creation date of the dump's newest wanted post: the clock that ages are measured by."""
    titles: tuple[tuple[int, str], ...] = ()
    """Ids and titles of the questions that were asked for by id; only the first bucket has them."""
    how_to: tuple[tuple[str, bool], ...] | None = None
    """Labelled titles to judge by, where there are some."""


def raw_rows(file: InputFile) -> Iterator[bytes | Broken]:
    """The rows of a dump in their order, as bytes, one line or several; numbers are from 1.

    Raises:
        DataError: The file is no list of rows at all.
    """
    number = 0
    with file.open() as stream:
        held = b""
        while line := stream.readline(_MAX_ROW_BYTES):
            if not held:
                row = line.strip()
                if row.startswith(b"<row"):
                    if row.endswith((b"/>", b"</row>")):  # nearly always
                        number += 1
                        yield row
                        continue
                else:
                    if number == 0:
                        _check_head(line, file)
                    continue
            held += line
            ended = held.rstrip()
            if ended.endswith((b"/>", b"</row>")):
                number += 1
                yield held.strip()
                held = b""
            elif len(held) > _MAX_ROW_BYTES or held.count(b"<row ") > 1:
                number += 1
                before, _, rest = held.rpartition(b"<row ")
                yield Broken(number, "broken XML", "the row does not end")
                held = b"<row " + rest if before.strip() else b""
                if held.rstrip().endswith(b"/>"):
                    number += 1
                    yield held.strip()
                    held = b""
        if held:
            yield Broken(number + 1, "file cut short", "the last row does not end")


def _check_head(line: bytes, file: InputFile) -> None:
    if line.strip() and not line.lstrip(b"\xef\xbb\xbf \t").startswith((b"<?", b"<posts", b"<!")):
        raise DataError(
            "this is not a StackExchange dump's Posts.xml",
            where=file.name,
            next_step="give Posts.xml as the dump's archive holds it",
        )


def buckets(
    file: InputFile,
    tags: Collection[str],
    skipped: SkippedCounts,
    *,
    size: int,
    titles_of: Collection[int] = frozenset(),
) -> Iterator[Bucket]:
    """Questions with one of the tags (or any, where none is given) and their answers, bucket by bucket.

    Args:
        file: The dump's file.
        tags: In any case.
        skipped: Counted up, for the rows that the selection does not concern.
        size: Bytes of the file, about; decides the number of files to sort into.
        titles_of: Ids of questions, of any tag, whose titles are wanted.
    """
    may_open = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100
    count = max(1, min(_MAX_BUCKETS, may_open, size // _BUCKET_BYTES))
    sorting = _Sorting(frozenset(tag.lower() for tag in tags), frozenset(titles_of), skipped)
    with tempfile.TemporaryDirectory(prefix="codetune-posts-") as folder, ExitStack() as stack:
        sorted_into: list[BinaryIO] = [
            stack.enter_context(Path(folder, str(i)).open("w+b", buffering=_BUFFER_BYTES))
            for i in range(count)
        ]
        sorting.into(sorted_into, file)
        broken, titles = tuple(sorting.broken), tuple(sorting.titles)
        for bucket in sorted_into:
            bucket.seek(0)
            for rows in _split(bucket.read(), count):
                if rows or broken:
                    yield Bucket(file.name, rows, broken, sorting.newest, titles)
                    broken, titles = (), ()


class _Sorting:
    """One pass over a dump: which question each wanted row belongs to."""

    def __init__(self, wanted: Collection[str], titles_of: Collection[int], skipped: SkippedCounts) -> None:
        self.broken: list[Broken] = []
        self.titles: list[tuple[int, str]] = []
        self.newest = ""
        self._wanted = wanted
        self._titles_of = titles_of
        self._skipped = skipped
        self._questions = _Bits()

    def into(self, files: list[BinaryIO], file: InputFile) -> None:
        """Write each wanted row into the file of its question."""
        count, skipped = len(files), self._skipped
        writes = [file.write for file in files]
        newest = b""
        try:
            for number, row in enumerate(raw_rows(file), 1):
                skipped.rows = number
                if isinstance(row, Broken):
                    self.broken.append(row)
                    continue
                found = self._question(row, number)
                if found is None:
                    continue
                question, created = found
                newest = max(newest, created)
                writes[question % count](b"%d %d %d\n%b\n" % (number, question, len(row), row))
        except FileFault as fault:
            self.broken.append(Broken(skipped.rows + 1, fault.reason, fault.detail))
        self.newest = newest.decode("ascii", "replace")

    def _question(self, row: bytes, number: int) -> tuple[int, bytes] | None:
        """The question a row belongs to and its date, or None where it is no concern; looks, does not parse."""
        head = _HEAD.match(row)
        if head is not None:
            own, kind, parent, created = head.groups()
        else:
            own, kind, parent, created = (_value(p, row) for p in (_ID, _KIND, _PARENT, _CREATED))
        if kind is None or own is None:
            self.broken.append(Broken(number, "missing field", "Id" if kind else "PostTypeId"))
            return None
        if kind == b"1":
            question = int(own)
            if question > _MAX_ID:
                self.broken.append(Broken(number, "wrong type", f"the id {question} is no post's"))
                return None
            if question in self._titles_of:
                self._note_title(row)
            if self._wanted and not self._is_tagged(row):
                self._skipped.other_tags += 1
                return None
            self._questions.add(question)
            return question, created or b""
        if kind != b"2":
            self._skipped.other_kinds += 1
            return None
        if parent is None and (parent := _value(_PARENT, row)) is None:
            self.broken.append(Broken(number, "missing field", "ParentId"))
            return None
        question = int(parent)
        if question not in self._questions:
            self._skipped.answers_to_others += 1
            return None
        return question, created or b""

    def _is_tagged(self, row: bytes) -> bool:
        text = (_value(_TAGS, row) or b"").decode("utf-8", "replace")
        found = TAG.findall(text.replace("&lt;", "<").replace("&gt;", ">"))
        return any((a or b).lower() in self._wanted for a, b in found)

    def _note_title(self, row: bytes) -> None:
        try:
            question = parse_row(row)
        except Rejection:
            return
        self.titles.append((question.id, question.title))


def _value(pattern: re.Pattern[bytes], row: bytes) -> bytes | None:
    found = pattern.search(row)
    return found[1] if found else None


def bucket_rows(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The rows of a bucket: number in the file, question, bytes."""
    position = 0
    while position < len(data):
        end = data.index(b"\n", position)
        number, question, length = map(int, data[position:end].split())
        position = end + 1 + length
        yield number, question, data[end + 1 : position]
        position += 1


def _split(data: bytes, count: int) -> Iterator[bytes]:
    """A file's rows in pieces of about one bucket's size, each question whole in one of them.

    The number of files is bounded, so those of a huge dump are large.
    """
    parts = round(len(data) / _BUCKET_BYTES)
    if parts < 2:
        yield data
        return
    pieces: list[list[bytes]] = [[] for _ in range(parts)]
    for number, question, row in bucket_rows(data):
        pieces[question // count % parts].append(b"%d %d %d\n%b\n" % (number, question, len(row), row))
    del data
    for i in range(parts):
        yield b"".join(pieces[i])
        pieces[i] = []


class _Bits:
    """A set of small whole numbers: one bit each, grown as needed."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> None:
        position = number >> 3
        if position >= len(self._bits):
            self._bits.extend(bytes(max(position + 1 - len(self._bits), len(self._bits) // 2)))
        self._bits[position] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        position = number >> 3
        return position < len(self._bits) and bool(self._bits[position] >> (number & 7) & 1)
