"""Rows of a StackExchange dump's `Posts.xml`: parsed one by one, joined question by question, in bounded memory.

The dump lists posts by id, so an answer comes after its question, at any distance. One pass keeps
the wanted questions and their answers in files by question, a few hundred of them; then each file
is joined alone. In memory there is one bit for each post id there has been.
"""

from __future__ import annotations

import re
import resource
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import orjson
from lxml import etree

from codetune.errors import DataError
from codetune.sources.reading.faults import FileFault, RowFault
from codetune.sources.reading.place import Member

__all__ = ["Broken", "Bucket", "Fates", "Post", "buckets", "license_of_post", "parse_row", "quality"]

_ID = re.compile(rb'\sId="(\d+)"')
_KIND = re.compile(rb'\sPostTypeId="(\d+)"')
_PARENT = re.compile(rb'\sParentId="(\d+)"')
_TAGS = re.compile(rb'\sTags="([^"]*)"')
_TAG = re.compile(r"<([^<>]+)>|\|?([^|<>]+)\|")
_BUCKET_BYTES = 8 << 20
_MAX_BUCKETS = 900
"""Each is an open file, of which a process may commonly have 1,024."""
_MAX_ROW_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Post:
    """A question or an answer."""

    id: int
    is_question: bool
    parent: int
    accepted: int
    created: str
    score: int
    views: int
    title: str
    tags: tuple[str, ...]
    body: str
    license: str | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that could not be read: its number in the file, reason, detail."""

    number: int
    reason: str
    detail: str


@dataclass(slots=True)
class Fates:
    """What became of the rows of a dump that are no concern of a selection; counted, not kept."""

    rows: int = 0
    other_kinds: int = 0
    other_tags: int = 0
    answers_to_others: int = 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some questions with all their answers: raw rows with their numbers."""

    file: str
    rows: bytes
    """JSON Lines of [number, row]."""
    broken: tuple[Broken, ...]
    newest: str
    """Creation date of the dump's newest wanted post: the clock that ages are measured by."""
    titles: tuple[tuple[int, str], ...] = ()
    """Ids and titles of the questions that were asked for by id; only the first bucket tells them."""
    how_to: tuple[tuple[str, bool], ...] | None = None
    """Labelled titles to judge by, where there are some."""


def parse_row(data: bytes) -> Post:
    """One `<row .../>`.

    Raises:
        RowFault: It is not well-formed XML, or lacks what a post must have.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        attributes = etree.fromstring(data, parser).attrib
    except etree.XMLSyntaxError as error:
        raise RowFault("broken XML", str(error).split(", line")[0]) from error
    try:
        tags = tuple(a or b for a, b in _TAG.findall(attributes.get("Tags", "")))
        return Post(
            id=int(attributes["Id"]),
            is_question=attributes["PostTypeId"] == "1",
            parent=int(attributes.get("ParentId", 0)),
            accepted=int(attributes.get("AcceptedAnswerId", 0)),
            created=str(attributes["CreationDate"]),
            score=int(attributes.get("Score", 0)),
            views=int(attributes.get("ViewCount", 0)),
            title=str(attributes.get("Title", "")),
            tags=tags,
            body=str(attributes.get("Body", "")),
            license=attributes.get("ContentLicense"),
        )
    except KeyError as error:
        raise RowFault("missing field", str(error.args[0])) from error
    except ValueError as error:
        raise RowFault("wrong type", str(error)) from error


def license_of_post(post: Post) -> str:
    """The licence of a post: what the dump says, else what the site's terms were on its day."""
    if post.license:
        return post.license.replace("CC BY-SA ", "CC-BY-SA-")
    if post.created < "2011-04-08":
        return "CC-BY-SA-2.5"
    return "CC-BY-SA-3.0" if post.created < "2018-05-02" else "CC-BY-SA-4.0"


def quality(question: Post, answer: Post, newest: str) -> float:
    """How much the readers thought of a question and its answer, from 0 to 1.

    The mean of four parts, each saturating: votes of the question (half at 5), votes of the answer
    (half at 3), views a year (half at 500), and whether the asker accepted the answer. Votes below
    zero count as none.
    """
    years = max(_years(question.created, newest), 0.25)
    parts = (
        _half_at(5, question.score),
        _half_at(3, answer.score),
        _half_at(500, question.views / years),
        1.0 if question.accepted == answer.id else 0.0,
    )
    return sum(parts) / len(parts)


def _half_at(half: float, value: float) -> float:
    value = max(value, 0.0)
    return value / (value + half)


def _years(since: str, until: str) -> float:
    try:
        return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds() / (
            365.25 * 86_400
        )
    except (ValueError, TypeError):
        return 1.0


class _Bits:
    """A set of small whole numbers: one bit each, grown as needed."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> None:
        place = number >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(max(place + 1 - len(self._bits), len(self._bits) // 2)))
        self._bits[place] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        place = number >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (number & 7) & 1)


def raw_rows(member: Member) -> Iterator[tuple[int, bytes | Broken]]:
    """The rows of a dump with their numbers, as bytes, one line or several.

    Raises:
        DataError: The file is no list of rows at all.
    """
    number = 0
    with member.open() as stream:
        held = b""
        while line := stream.readline(_MAX_ROW_BYTES):
            if not held and not line.lstrip().startswith(b"<row"):
                if (
                    number == 0
                    and line.strip()
                    and not line.lstrip(b"\xef\xbb\xbf \t").startswith((b"<?", b"<posts", b"<!"))
                ):
                    raise DataError(
                        "this is not a StackExchange dump's Posts.xml",
                        where=member.name,
                        next_step="give Posts.xml as the dump's archive holds it",
                    )
                continue
            held += line
            if held.rstrip().endswith(b"/>") or held.rstrip().endswith(b"</row>"):
                number += 1
                yield number, held.strip()
                held = b""
            elif len(held) > _MAX_ROW_BYTES or held.count(b"<row ") > 1:
                number += 1
                before, _, rest = held.rpartition(b"<row ")
                yield number, Broken(number, "broken XML", "the row does not end")
                held = b"<row " + rest if before.strip() else b""
                if held.rstrip().endswith(b"/>"):
                    number += 1
                    yield number, held.strip()
                    held = b""
        if held:
            yield number + 1, Broken(number + 1, "file cut short", "the last row does not end")


def buckets(
    member: Member,
    tags: Collection[str],
    fates: Fates,
    *,
    size: int,
    titles_of: Collection[int] = frozenset(),
) -> Iterator[Bucket]:
    """Questions with one of the tags (or any, where none is given) and their answers, bucket by bucket.

    Args:
        member: The dump's file.
        tags: Lower case.
        fates: Counted up, for what is no concern.
        size: Bytes of the file, about; decides the number of buckets.
        titles_of: Ids of questions, of any tag, whose titles are wanted.
    """
    may_open = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100
    count = max(1, min(_MAX_BUCKETS, may_open, size // _BUCKET_BYTES))
    wanted = frozenset(tag.lower() for tag in tags)
    broken: list[Broken] = []
    titles: list[tuple[int, str]] = []
    newest = ""
    with tempfile.TemporaryDirectory(prefix="codetune-posts-") as folder, ExitStack() as stack:
        files: list[BinaryIO] = [stack.enter_context(Path(folder, str(i)).open("w+b")) for i in range(count)]
        questions = _Bits()
        try:
            for number, row in raw_rows(member):
                fates.rows += 1
                if titles_of and isinstance(row, bytes):
                    titles += _titles(row, titles_of)
                question = row if isinstance(row, Broken) else _sort(row, number, wanted, questions, fates)
                if isinstance(question, Broken):
                    broken.append(question)
                elif question is not None and isinstance(row, bytes):
                    created = _created(row)
                    newest = max(newest, created)
                    files[question % count].write(
                        orjson.dumps([number, row.decode("utf-8", "replace")]) + b"\n"
                    )
        except FileFault as fault:
            broken.append(Broken(fates.rows + 1, fault.reason, fault.detail))
        for number, file in enumerate(files):
            file.seek(0)
            rows = file.read()
            if rows or (broken and number == 0):
                yield Bucket(member.name, rows, tuple(broken) if number == 0 else (), newest, tuple(titles))
                titles = []


def _titles(row: bytes, wanted: Collection[int]) -> Iterator[tuple[int, str]]:
    own, kind = _ID.search(row), _KIND.search(row)
    if own is not None and kind is not None and kind[1] == b"1" and int(own[1]) in wanted:
        try:
            question = parse_row(row)
        except RowFault:
            return
        yield question.id, question.title


_CREATED = re.compile(rb'\sCreationDate="([^"]*)"')


def _created(row: bytes) -> str:
    found = _CREATED.search(row)
    return found[1].decode("ascii", "replace") if found else ""


def _sort(
    row: bytes, number: int, wanted: Collection[str], questions: _Bits, fates: Fates
) -> int | Broken | None:
    """The question a row belongs to, or None where it is no concern; looks, does not parse."""
    kind, own = _KIND.search(row), _ID.search(row)
    if kind is None or own is None:
        return Broken(number, "missing field", "Id" if kind else "PostTypeId")
    if kind[1] == b"1":
        if wanted:
            found = _TAGS.search(row)
            text = (
                found[1].decode("utf-8", "replace").replace("&lt;", "<").replace("&gt;", ">") if found else ""
            )
            if not any((a or b).lower() in wanted for a, b in _TAG.findall(text)):
                fates.other_tags += 1
                return None
        questions.add(int(own[1]))
        return int(own[1])
    if kind[1] != b"2":
        fates.other_kinds += 1
        return None
    parent = _PARENT.search(row)
    if parent is None:
        return Broken(number, "missing field", "ParentId")
    if int(parent[1]) not in questions:
        fates.answers_to_others += 1
        return None
    return int(parent[1])
