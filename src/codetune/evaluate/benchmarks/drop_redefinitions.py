"""What both a program and its tests define: a `main` with examples, a `test`, an `assert`.

One text can't hold both. The program's is removed, since the tests decide, but only where nothing
else in the program uses it.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from codetune.code.parsing import parse

__all__ = ["definitions", "without_redefined"]

_DEFINITIONS = {
    "c": ("function_definition",),
    "cpp": ("function_definition",),
    "rust": ("function_item",),
    "go": ("function_declaration",),
    "java": ("method_declaration",),
    "csharp": ("method_declaration", "local_function_statement"),
    "javascript": ("function_declaration", "lexical_declaration"),
    "typescript": ("function_declaration", "lexical_declaration"),
    "php": ("function_definition",),
}
_NAMES = ("identifier", "name", "field_identifier")
_CLASSES = {"java": ("class_declaration",)}
"""Classes are removed as functions are, where tests bring some."""


def _walk(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.children)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _defined(node: Node) -> list[str]:
    """The names that a definition gives."""
    if node.type == "lexical_declaration":
        targets = [child.child_by_field_name("name") for child in node.named_children]
        return [_text(name) for target in targets if target for name in _walk(target) if name.type in _NAMES]
    name = node.child_by_field_name("name") or node.child_by_field_name("declarator")
    while name is not None and name.type not in _NAMES:
        name = name.child_by_field_name("declarator") or next(
            (child for child in name.named_children if child.type in _NAMES), None
        )
    return [_text(name)] if name is not None else []


def definitions(
    source: str, language: str, kinds: tuple[str, ...] | None = None
) -> list[tuple[Node, list[str]]]:
    """Functions (methods, constants) that stand at the top, or right in a class, with their names."""
    kinds = _DEFINITIONS.get(language, ()) if kinds is None else kinds
    found = []
    for node in _walk(parse(source, language)[0].root_node):
        if node.type not in kinds:
            continue
        above = node.parent
        inner = False
        while above is not None:
            inner = inner or above.type in kinds
            above = above.parent
        if not inner:
            found.append((node, _defined(node)))
    return found


def without_redefined(code: str, tests: str, entry: str | None, language: str) -> str:
    """The program without what the tests define too, as far as nothing else in it uses that.

    Args:
        code: The program.
        tests: What will stand behind it.
        entry: The function asked for, which is never removed.
        language: Programming language of both; one without a grammar leaves the program as it is.
    """
    for kinds in (_DEFINITIONS.get(language, ()), _CLASSES.get(language, ())):
        if kinds:
            code = _giving_way(code, tests, entry, language, kinds)
    return code


def _giving_way(code: str, tests: str, entry: str | None, language: str, kinds: tuple[str, ...]) -> str:
    again = {name for _, names in definitions(tests, language, kinds) for name in names} - {entry}
    raw = code.encode()
    places = [
        (node, names)
        for node, names in definitions(code, language, kinds)
        if names and again.issuperset(names)
    ]
    if not places:
        return code
    cut = [(node.start_byte, node.end_byte) for node, _ in places]
    used = {
        _text(node)
        for node in _walk(parse(code, language)[0].root_node)
        if node.type in _NAMES and not any(start <= node.start_byte < end for start, end in cut)
    }
    for node, names in sorted(places, key=lambda place: -place[0].start_byte):
        if used.isdisjoint(names):
            raw = raw[: node.start_byte] + raw[node.end_byte :]
    return raw.decode()
