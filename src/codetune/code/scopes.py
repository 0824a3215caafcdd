"""Heads of the types and namespaces that a definition stands in, as text: `class Lines<T> extends Base`.

A head is enough to put the definition into such a type again. What the type holds besides is not told.
"""

from __future__ import annotations

import re

from tree_sitter import Node

__all__ = ["head_of", "is_type_head", "name_of_head", "split_name", "without_bases"]

_LEFT_OUT = frozenset({
    "attribute_list", "marker_annotation", "annotation", "decorator", "comment", "line_comment", "block_comment",
    "attribute_item",
})  # fmt: skip
_BODIES = frozenset({
    "class_body", "declaration_list", "field_declaration_list", "body_statement", "block", "interface_body",
    "enum_body", "enum_member_declaration_list", "statement_block", "object_type", "annotation_type_body",
})  # fmt: skip
_NO_TYPE = re.compile(
    r"^(?:(?:inline|export|declare|pub(?:\([^)]*\))?)\s+)*(?:namespace|module|mod|extern)\b"
)
_KEYWORDS = r"class|interface|struct|record|enum|trait|module|namespace|union|mod"
_NAMED = re.compile(
    rf"(?:^|\s)(?:{_KEYWORDS})\s+(?:class\s+|struct\s+)?(?:[A-Z][A-Z_\d]+\s+(?!extends|implements|final)(?=\w))?([\w$.:]+)"
)
_IMPL = re.compile(r"^(?:unsafe\s+)?impl\b")


def head_of(node: Node, data: bytes) -> str:
    """The head of a type or namespace on one line, without annotations, comments and its body.

    Args:
        node: Of the type, e.g. a `class_declaration`.
        data: The bytes of the file.
    """
    if node.type == "object":
        return "object"
    parts = [_tokens(node, data)]
    if node.parent is not None and node.parent.type == "template_declaration":
        parameters = node.parent.child_by_field_name("parameters")
        if parameters is not None:
            text = data[parameters.start_byte : parameters.end_byte].decode("utf-8", "replace")
            parts.insert(0, f"template {text}")
    return re.sub(r"\s+", " ", " ".join(parts)).strip()


def _tokens(node: Node, data: bytes) -> str:
    """The node's text up to its body; the text between two tokens stays as it is."""
    kept, at = "", node.start_byte
    for child in node.children:
        if child.type in _BODIES or child.type in ("{", "end", ":"):
            break
        if child.type == "modifiers":
            inner = [part for part in child.children if part.type not in _LEFT_OUT]
            words = " ".join(data[p.start_byte : p.end_byte].decode("utf-8", "replace") for p in inner)
            kept, at = f"{kept} {words}", child.end_byte
        elif child.type in _LEFT_OUT:
            at = child.end_byte
        else:
            kept += data[at : child.end_byte].decode("utf-8", "replace")
            at = child.end_byte
    return kept


def is_type_head(head: str, language: str) -> bool:
    """Whether a head is a type's, and no namespace's or module's. Ruby's modules hold methods: they count."""
    return language == "ruby" or _NO_TYPE.match(head) is None


def name_of_head(head: str, language: str) -> str:
    """The type's own name, without type parameters: `Lines` of `impl<'a> Iterator for Lines<'a>`.

    Empty where it has none (`object`, `class << self`).
    """
    if language == "rust" and _IMPL.match(head):
        target = re.sub(r"\bwhere\b.*", "", head)
        target = re.split(r"\bfor\b", _blanked(target))[-1]
        target = re.sub(r"^\s*(?:unsafe\s+)?impl\b", "", target)
        words = re.findall(r"\w+", re.sub(r"\b(?:dyn|mut|const)\b", "", target))
        return words[-1] if words else ""
    found = _NAMED.search(re.sub(r"^template\s*", "", _blanked(head) if "template" in head else head))
    return re.split(r"\.|::", found[1])[-1] if found else ""


def split_name(name: str) -> list[str]:
    """A qualified name in parts: `Foo<a::b>::operator->` is `Foo<a::b>` and `operator->`."""
    name, sign, operator = name.partition("operator")
    if sign and (operator[:1].isalnum() or operator[:1] == "_" or name[-1:].isalnum()):
        name, sign, operator = f"{name}{sign}{operator}", "", ""
    parts, part, depth = [], "", 0
    for piece in re.findall(r"::|->|[.#<>]|[^.#<>:\-]+|.", name):
        depth += (piece == "<") - (piece == ">")
        if piece in ("::", "->", ".", "#") and not depth:
            parts.append(part)
            part = ""
        else:
            part += piece
    return [*parts, part + sign + operator]


_BASES = {
    "java": r"\s(?:extends|implements|permits)\b",
    "php": r"\s(?:extends|implements)\b",
    "javascript": r"\sextends\b",
    "typescript": r"\s(?:extends|implements)\b",
    "ruby": r"\s<(?!<)",
    "csharp": r"\s*:",
    "cpp": r"\s*(?<!:):(?!:)",
}


def without_bases(head: str, language: str) -> tuple[str, str]:
    """A head without the types it is derived from, and what was left out.

    Rust's heads stay whole: there the trait decides which functions may stand in it.
    """
    pattern = _BASES.get(language)
    flat = head if language == "ruby" else _blanked(head)
    found = re.search(pattern, flat) if pattern else None
    if found is None:
        return head, ""
    rest = head[found.start() :]
    bound = re.search(r"\swhere\b.*", rest) if language == "csharp" else None
    if bound is None:
        return head[: found.start()], rest
    return head[: found.start()] + bound[0], rest[: bound.start()]


def _blanked(text: str) -> str:
    """The text with zeros for what stands in angle brackets: places stay the same."""
    kept, depth = "", 0
    for character in text:
        depth += character == "<"
        kept += character if not depth else "\0"
        depth -= character == ">" and depth > 0
    return kept
