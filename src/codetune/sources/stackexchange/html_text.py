"""HTML of questions and problem statements as text, and its pieces in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree, html

__all__ = ["HtmlPiece", "html_pieces", "html_text"]

_BLOCKS = frozenset({
    "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr", "tr", "table", "blockquote",
    "section", "dt", "dd", "dl", "article", "header", "details", "summary",
})  # fmt: skip
_SILENT = frozenset({"script", "style", "head", "noscript", "template"})
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]+")
_LINES = re.compile(r"\s*\n\s*")


@dataclass(frozen=True, slots=True)
class HtmlPiece:
    """A run of prose, or one preformatted block."""

    kind: Literal["text", "code"]
    text: str


def html_pieces(source: str) -> list[HtmlPiece]:
    """Prose and `<pre>` blocks in their order; white space of prose is collapsed, of code kept.

    Broken HTML is read as browsers do; entities are resolved; scripts and styles say nothing.
    """
    source = source.replace("\0", "")
    if not source.strip():
        return []
    try:
        root = html.fragment_fromstring(source, create_parent="div", parser=html.HTMLParser(huge_tree=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return [HtmlPiece("text", source.strip())]
    found: list[HtmlPiece] = []
    prose: list[str] = []

    def flush() -> None:
        text = _collapse("".join(prose))
        prose.clear()
        if text:
            found.append(HtmlPiece("text", text))

    for kind, text in _walk(root):
        if kind == "code":
            flush()
            found.append(HtmlPiece("code", text.strip("\n").rstrip()))
        else:
            prose.append(text)
    flush()
    return [piece for piece in found if piece.text.strip()]


def _collapse(text: str) -> str:
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


def _walk(root: Any) -> Iterator[tuple[str, str]]:
    """Texts in document order, without recursion: statements nest as deep as people like."""
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        silent = not isinstance(node.tag, str) or node.tag in _SILENT
        if leaving:
            if node.tag in _BLOCKS:
                yield "text", "\n"
            if node.tail and node is not root:
                yield "text", node.tail
            continue
        if silent or node.tag == "pre":
            if not silent:
                yield "code", "".join(node.itertext())
            if node.tail:
                yield "text", node.tail
            continue
        if node.tag in _BLOCKS:
            yield "text", "\n"
        stack.append((node, True))
        if node.text:
            yield "text", node.text
        stack.extend((child, False) for child in reversed(node))


def html_text(source: str) -> str:
    """HTML as plain text, preformatted blocks indented by four spaces."""
    parts = [
        piece.text if piece.kind == "text" else "\n".join(f"    {line}" for line in piece.text.splitlines())
        for piece in html_pieces(source)
    ]
    return "\n\n".join(parts)
