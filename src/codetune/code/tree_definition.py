"""Definitions of the brace languages and Ruby, taken apart with tree-sitter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from codetune.code.definition_parts import Definition
from codetune.code.languages import PARSED_LANGUAGES
from codetune.code.parsing import parse

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["split_with_tree"]

# A method alone is not a program everywhere: some languages need a class around it.
_CLASS = ("class Wrapper {\n", "\n}")
_WRAPS: dict[str, tuple[tuple[str, str], ...]] = {
    "java": (("", ""), _CLASS),
    "javascript": (("", ""), _CLASS, ("({\n", "\n})")),
    "typescript": (("", ""), _CLASS, ("({\n", "\n})")),
    "csharp": (_CLASS, ("", "")),
    "php": (("", ""), _CLASS),
    "cpp": (("", ""), ("class Wrapper {\n", "\n};")),
}
_DEFINES = ("function", "method", "constructor", "class", "struct_", "impl_item", "trait_item", "module",
            "interface", "enum", "lambda")  # fmt: skip


def split_with_tree(code: str, programming_language: str) -> Definition | None:
    """Take a definition apart that has no comments before it.

    Returns:
        Its parts, or None where the grammar finds an error, no definition, or is unknown.
    """
    if programming_language not in PARSED_LANGUAGES:
        return None
    for before, after in _WRAPS.get(programming_language, (("", ""),)):
        tree, source = parse(before + code + after, programming_language)
        if tree.root_node.has_error:
            continue
        offset = len(before.encode())
        node = _definition(tree.root_node, offset)
        body = node.child_by_field_name("body") if node is not None else None
        if body is None:
            continue
        head = source[offset : body.start_byte].decode("utf-8", "replace")
        return Definition(
            signature=head.rstrip().removesuffix("=>").rstrip(),
            code=code.rstrip(),
            body_lines=len({leaf.start_point[0] for leaf in _leaves(body)}),
            is_empty=not any(
                child.type != "comment" and "comment" not in child.type for child in body.named_children
            ),
        )
    return None


def _definition(root: Node, offset: int) -> Node | None:
    """The outermost node from `offset` on that defines something and has a body."""
    queue = [root]
    while queue:
        node = queue.pop(0)
        inside = node.start_byte >= offset and node.parent is not None
        if (
            inside
            and any(word in node.type for word in _DEFINES)
            and node.child_by_field_name("body") is not None
        ):
            return node
        queue.extend(node.named_children)
    return None


def _leaves(node: Node) -> Iterator[Node]:
    if "comment" in node.type:
        return
    if not node.children:
        if node.is_named or node.type.isalpha():
            yield node
        return
    for child in node.children:
        yield from _leaves(child)
