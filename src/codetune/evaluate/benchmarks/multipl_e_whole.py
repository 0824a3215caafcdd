"""A whole program put together with MultiPL-E's tests, which are made for a continuation.

The tests close what the prompt opens and bring a `main` (or `TestX`, `test`, `assert`) of their own. A
program that a chat model wrote is closed already, and often ends in a `main` that shows it off. So the
tests' closing braces are left out, and what the program defines and the tests define anew gives way,
unless another part of the program uses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from codetune.text.languages import PARSED_LANGUAGES
from codetune.text.parsing import parse

__all__ = ["joined_with_tests"]

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
_CLASSES = ("class_declaration", "record_declaration", "struct_declaration")
_IN_CLASS = ("java", "csharp")
"""Languages whose tests are a method of the class that the function is in."""
_IMPORT = re.compile(
    r"^[ \t]*(?:#[ \t]*include\b[^\n]*|import\s[^;\n]*;|using\s+[\w.]+\s*;|use\s[^;\n]*;)", re.MULTILINE
)


def joined_with_tests(
    code: str, prompt: str, tests: str, entry: str | None, language: str
) -> tuple[str, str]:
    """A whole program and the tests, as two halves of one text.

    Args:
        code: The program, every brace of it closed.
        prompt: The item's beginning, whose imports the tests may need.
        tests: The item's tests, as the file has them.
        entry: The function asked for.
        language: Programming language of both.
    """
    tests = _after_brace(tests)
    if language in _IN_CLASS:
        # What is left closes the class, and so does the program.
        tests = tests.rstrip().removesuffix("}")
    if language in PARSED_LANGUAGES:
        code = _giving_way(code, tests, entry, language)
    if language in _IN_CLASS and entry is not None:
        code, tests = _as_method(code, prompt, tests, entry, language)
    return _with_imports(code, prompt, language), tests


def _after_brace(tests: str) -> str:
    head, brace, tail = tests.partition("}")
    return tail if brace and not head.strip() else tests


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


def _definitions(source: str, language: str) -> list[tuple[Node, list[str]]]:
    """Functions (methods, constants) that stand at the top, or right in a class, with their names."""
    kinds = _DEFINITIONS.get(language, ())
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


def _giving_way(code: str, tests: str, entry: str | None, language: str) -> str:
    """The program without what the tests define anew, as far as nothing else in it uses that."""
    anew = {name for _, names in _definitions(tests, language) for name in names} - {entry}
    raw = code.encode()
    places = [
        (node, names) for node, names in _definitions(code, language) if names and anew.issuperset(names)
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


def _as_method(code: str, prompt: str, tests: str, entry: str, language: str) -> tuple[str, str]:
    """The program up to the end of the class that holds the function, and the tests with the rest."""
    raw = code.encode()
    for node, names in _definitions(code, language):
        if entry not in names:
            continue
        above = node.parent
        while above is not None and above.type not in _CLASSES:
            above = above.parent
        if above is None:  # a method without its class: it gets the prompt's
            opened = re.search(r"\bclass\s+\w+\s*\{", prompt)
            head = prompt[: opened.end()] if opened else "class Problem {"
            return f"{head}\n{code}", f"{tests}\n}}\n"
        end = above.end_byte - 1  # its closing brace
        return raw[:end].decode(), f"{tests}\n{raw[end:].decode()}\n"
    return code, tests


def _with_imports(code: str, prompt: str, language: str) -> str:
    """The program with those of the prompt's imports that it lacks."""
    has = {" ".join(found[0].split()) for found in _IMPORT.finditer(code)}
    lacks = []
    for found in _IMPORT.finditer(prompt):
        line = " ".join(found[0].split())
        last = line.rstrip(";").rpartition("::")[2]
        if line in has or (language == "rust" and re.search(rf"\buse\b[^;]*\b{last}\b", code)):
            continue
        lacks.append(line)
    return "\n".join([*lacks, code])
