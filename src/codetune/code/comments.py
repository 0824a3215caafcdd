"""Comments that document code: the one above a definition, the ones before the first code."""

from __future__ import annotations

import re
import textwrap

from tree_sitter import Node

__all__ = ["comment_above", "comment_text", "strip_leading_comments"]

_COMMENT_TYPES = frozenset({"comment", "line_comment", "block_comment"})
_BETWEEN = frozenset({"attribute_item", "inner_attribute_item"})
"""May stand between a comment and what it documents (Rust's `#[...]`)."""
_BLOCK_EDGE = re.compile(r"^/\*+!?|\*+/$")
_BLOCK_LINE = re.compile(r"^[ \t]*\*(?!/) ?", re.MULTILINE)
_LINE_MARK = re.compile(r"^[ \t]*(?:///|//!|//|#+!?|--) ?")
_XML_TAG = re.compile(r"</?(?:summary|remarks|returns?|para|value|example|exception|inheritdoc)\b[^>]*/?>")
_EMPTY_ELEMENT = re.compile(r"<(param|typeparam|returns|exception|remarks|value)\b[^<>]*>\s*</\1>\n?")
"""An element that an editor made and nobody filled."""
_NOT_DOCUMENTATION = re.compile(
    r"(?ix) ^\W* (?: (?:eslint|jshint|jslint|tslint|prettier|noinspection|rubocop|frozen_string_literal|coding)\b"
    r" | (?:istanbul|c8|v8) \s ignore | (?:phpcs|phpstan|psalm|cspell|spell-checker|pylint|mypy|flake8|isort|biome|stylelint) [-:]"
    r" | (?:deno-lint|lint:|biome-|steep:) \S*ignore | clang-(?:format|tidy) | checkstyle | resharper | cppcheck-suppress | nosec\b"
    r" | @?codecoverageignore | pragma:?\s+no\s?cover | :nocov: | go:\w+ | \+build\b | noqa\b | type:\s?ignore"
    r" | nolint | copyright | license | spdx | -\*- | @ts- | !/ | region\b | endregion\b )"
)
_LINE_COMMENT = re.compile(r"(?://|\#(?!\[|!\[|include|define|if|endif|pragma|undef|region))[^\n]*(?:\n|$)")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/[ \t]*\n?", re.DOTALL)
_RUBY_BLOCK = re.compile(r"=begin\b.*?^=end[^\n]*(?:\n|$)", re.DOTALL | re.MULTILINE)
_BLANKS = re.compile(r"\s*")


def comment_above(outermost: Node, data: bytes) -> tuple[str, int] | None:
    """The comment that touches a definition from above.

    Args:
        outermost: The definition with its decorators and `export`.
        data: The file.

    Returns:
        The comment's text without marks, and the byte it starts at; None where there is none, a
        blank line stands between, or it is a directive to a tool.
    """
    parts: list[Node] = []
    below = outermost
    previous = outermost.prev_sibling
    if previous is None and outermost.parent is not None and outermost.parent.type == "body_statement":
        previous = outermost.parent.prev_sibling  # Ruby: the comment of a class' first method
    while previous is not None:
        # The grammars of Rust and others count the line break as the comment's.
        end_row = previous.end_point.row - (
            previous.end_point.column == 0 and previous.type in _COMMENT_TYPES
        )
        if below.start_point.row - end_row > 1 + _may_stand_off(previous, below, outermost, data):
            break
        if previous.type in _COMMENT_TYPES:
            if _shares_its_line(previous) or (parts and _is_block(previous, data)):
                break
            parts.append(previous)
            if _is_block(previous, data):
                break
        elif previous.type not in _BETWEEN or parts:
            break
        below = previous
        previous = previous.prev_sibling
    if not parts:
        return None
    parts.reverse()
    raw = "\n".join(data[p.start_byte : p.end_byte].decode("utf-8", "replace").rstrip("\n") for p in parts)
    text = comment_text(raw)
    if text is None or _NOT_DOCUMENTATION.match(text):
        return None
    return text, parts[0].start_byte


def _may_stand_off(comment: Node, below: Node, outermost: Node, data: bytes) -> bool:
    """Whether one blank line may follow: JSDoc, Javadoc and their kin take `/**` for what comes next.

    At the top of a file it may as well be about the file.
    """
    return (
        below == outermost
        and comment.type in _COMMENT_TYPES
        and data[comment.start_byte : comment.start_byte + 3] == b"/**"
        and comment.prev_named_sibling is not None
    )


def _is_block(node: Node, data: bytes) -> bool:
    return data[node.start_byte : node.start_byte + 2] == b"/*"


def _shares_its_line(comment: Node) -> bool:
    """Whether code stands before the comment on its line: then it speaks of that code."""
    before = comment.prev_sibling
    return (
        before is not None
        and before.end_point.row == comment.start_point.row
        and bool(before.end_point.column)
    )


def comment_text(raw: str) -> str | None:
    """Strip comment marks, XML documentation tags and common indentation; None if nothing is left."""
    raw = raw.strip()
    if raw.startswith("/*"):
        body = _BLOCK_LINE.sub("", _BLOCK_EDGE.sub("", raw))
    else:
        body = "\n".join(_LINE_MARK.sub("", line) for line in raw.splitlines())
    body = _XML_TAG.sub("", _EMPTY_ELEMENT.sub("", body))
    lines = [line.rstrip() for line in body.strip("\n").splitlines()]
    first, rest = (lines[0].strip(), lines[1:]) if lines else ("", [])
    text = "\n".join([first, *textwrap.dedent("\n".join(rest)).splitlines()]).strip()
    return text if any(c.isalnum() for c in text) else None


def strip_leading_comments(code: str) -> str:
    """Drop the comments before the first code; comments inside the code stay."""
    position = 0
    while True:
        blank = _BLANKS.match(code, position)
        start = blank.end() if blank else position
        for pattern in (_BLOCK_COMMENT, _LINE_COMMENT, _RUBY_BLOCK):
            found = pattern.match(code, start)
            if found:
                position = found.end()
                break
        else:
            line_start = code.rfind("\n", 0, start) + 1
            return code[max(line_start, position) if line_start >= position else start :]
