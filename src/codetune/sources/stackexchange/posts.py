"""Posts of a StackExchange dump: `<row .../>` parsed, and what readers thought of a question and its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from codetune.rejection import Rejection

__all__ = ["TAG", "Post", "license_of_post", "parse_row", "parse_rows", "quality"]

TAG = re.compile(r"<([^<>]+)>|\|?([^|<>]+)\|")
"""One tag, as dumps wrote them before 2024 (`<a><b>`) or since (`|a|b|`)."""
_TOGETHER_BYTES = 256 << 10
"""Rows of about so much text are parsed as one document."""


@dataclass(slots=True)  # not frozen: millions are made
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


def parse_row(data: bytes) -> Post:
    """One `<row .../>`.

    Raises:
        Rejection: It is not well-formed XML, or lacks what a post must have.
    """
    try:
        row = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise Rejection("broken XML", str(error).split(", line")[0]) from error
    return _post(row)


def parse_rows(rows: Sequence[bytes]) -> Iterator[Post | Rejection]:
    """Many rows: for each what `parse_row` gives, or the fault it raises.

    Rows are parsed some hundred at a time, as the children of one element; a document that is not
    well-formed is parsed again row by row. Only rows with a single `<` go together: such a row can't
    reach into the next (no attribute may hold a `<`), so where the document stands, each of its rows
    does too.
    """
    start = 0
    while start < len(rows):
        end, size = start, 0
        while end < len(rows) and size < _TOGETHER_BYTES:
            size += len(rows[end])
            end += 1
        yield from _parsed(rows[start:end])
        start = end


def _parsed(rows: Sequence[bytes]) -> Iterator[Post | Rejection]:
    simple = all(row.count(b"<") == 1 and row.endswith(b"/>") for row in rows)
    children = _children(rows) if simple else None
    if children is None:
        for row in rows:
            yield _one(row)
        return
    for child in children:
        try:
            yield _post(child)
        except Rejection as fault:
            yield fault


def _children(rows: Sequence[bytes]) -> Any:
    document = b"<posts>%b</posts>" % b"".join(rows)
    try:
        document.decode()
        found = etree.fromstring(document, _parser())
    except (etree.XMLSyntaxError, UnicodeDecodeError):
        return None
    return found if len(found) == len(rows) else None


def _one(row: bytes) -> Post | Rejection:
    try:
        return parse_row(row.decode("utf-8", "replace").encode())
    except Rejection as fault:
        return fault


def _parser() -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def _post(row: Any) -> Post:
    get = row.get
    own, kind, created = get("Id"), get("PostTypeId"), get("CreationDate")
    for name, value in (("Id", own), ("PostTypeId", kind), ("CreationDate", created)):
        if value is None:
            raise Rejection("missing field", name)
    tags = get("Tags")
    try:
        return Post(
            id=int(own),
            is_question=kind == "1",
            parent=int(get("ParentId", 0)),
            accepted=int(get("AcceptedAnswerId", 0)),
            created=created,
            score=int(get("Score", 0)),
            views=int(get("ViewCount", 0)),
            title=get("Title", ""),
            tags=tuple([a or b for a, b in TAG.findall(tags)]) if tags else (),
            body=get("Body", ""),
            license=get("ContentLicense"),
        )
    except ValueError as error:
        raise Rejection("wrong type", str(error)) from error


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
