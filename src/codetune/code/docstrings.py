"""Python's docstrings: found, read, and taken out of the code they document."""

from __future__ import annotations

import ast
import inspect

from tree_sitter import Node

from codetune.code.languages import canonical_language
from codetune.code.parsing import python_tree

__all__ = [
    "PYTHON_DEFINITIONS",
    "docstring_node",
    "docstring_statement",
    "docstring_text",
    "lines_without_docstring",
    "without_docstring",
]

PythonDefinition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
PYTHON_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
"""What may have a docstring, modules aside."""


def docstring_node(definition: Node) -> Node | None:
    """The statement of a tree-sitter tree that is a Python function's docstring, or None."""
    body = definition.child_by_field_name("body")
    if body is None:
        return None
    first = next((child for child in body.named_children if child.type != "comment"), None)
    if first is None or first.type != "expression_statement" or first.named_child_count != 1:
        return None
    string = first.named_children[0]
    return first if string.type == "string" else None


def docstring_statement(definition: PythonDefinition) -> ast.stmt | None:
    """The statement of an `ast` tree that is a definition's docstring, or None."""
    first = definition.body[0]
    is_text = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return first if is_text else None


def docstring_text(source: str) -> str | None:
    """The text of a Python string literal, indentation cleaned; None for f-strings and bytes."""
    try:
        value = ast.literal_eval(source.strip())
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return inspect.cleandoc(value).strip() or None if isinstance(value, str) else None


def without_docstring(code: str, programming_language: str, tree: ast.Module | None = None) -> str:
    """Code without the docstring of its first definition; everything else stays as it is.

    Only Python's docstrings stand inside a definition: code in other languages, code without a
    docstring and code that does not parse are given back unchanged. Blank lines after the docstring
    go with it. A body that was nothing but its docstring gets `pass`. `tree` is the code's, where it was
    parsed before.
    """
    if canonical_language(programming_language) != "python":
        return code
    if tree is None and (tree := python_tree(code)) is None:
        return code
    definition = next((node for node in ast.walk(tree) if isinstance(node, PYTHON_DEFINITIONS)), None)
    if definition is None or docstring_statement(definition) is None:
        return code
    lines = code.encode("utf-8", "surrogatepass").splitlines(keepends=True)
    return b"".join(lines_without_docstring(lines, definition)).decode("utf-8", "surrogatepass")


def lines_without_docstring(lines: list[bytes], definition: PythonDefinition) -> list[bytes]:
    """The lines of a source file without the docstring of one definition in it.

    Args:
        lines: The source in UTF-8, line ends kept; columns of `ast` count its bytes.
        definition: A definition of the tree parsed from it.
    """
    docstring = docstring_statement(definition)
    if docstring is None:
        return lines
    begin, end = docstring.lineno - 1, (docstring.end_lineno or docstring.lineno) - 1
    before = lines[begin][: docstring.col_offset]
    rest = lines[end][docstring.end_col_offset or 0 :]
    kept, tail = lines[:begin], lines[end + 1 :]
    if len(definition.body) == 1:
        return [*kept, before + b"pass" + rest, *tail]
    rest = rest.lstrip(b" \t")
    if rest.startswith(b";"):
        rest = rest[1:].lstrip(b" \t")
    if rest.startswith(b"#"):
        rest = b"\n"
    if before.strip() or rest.strip():  # `def f(): "doc"; return 1`
        return [*kept, before + rest, *tail]
    while tail and not tail[0].strip():
        tail = tail[1:]
    return [*kept, *tail]
