"""A definition taken apart: its signature, and its code without the docstring.

Python goes through `ast`, which knows exactly what a docstring is; the other languages keep theirs
in comments before the definition, which are stripped, and go through tree-sitter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from codetune.code.comments import strip_leading_comments
from codetune.code.docstrings import PYTHON_DEFINITIONS, docstring_statement, lines_without_docstring
from codetune.code.languages import PARSED_LANGUAGES
from codetune.code.parsing import parse, python_tree, wrappers_of

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Definition", "split_definition"]

_DEFINES = ("function", "method", "constructor", "class", "struct_", "impl_item", "trait_item", "module",
            "interface", "enum", "lambda")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """What a function, method or class is made of."""

    signature: str
    """From its decorators to the start of the body, without the body's opening: who is to write `@property def x`
    has to be told that it is one."""
    code: str
    """The whole definition without its docstring."""
    body_lines: int
    """Lines of the body that are code: no blanks, comments, docstring."""
    is_empty: bool
    """Nothing but `pass`, `...` or a raised NotImplementedError; there is nothing to learn."""


@lru_cache(maxsize=64)  # the tasks made of one snippet ask for the same code in turn
def split_definition(code: str, programming_language: str) -> Definition | None:
    """Take a definition apart.

    Args:
        code: One dedented definition, as in `Snippet.code`.
        programming_language: Lower-case name.

    Returns:
        Its parts, or None where the code doesn't parse, holds no definition, or its language has no
        grammar.
    """
    if programming_language == "python":
        return _split_python(code)
    if programming_language not in PARSED_LANGUAGES:
        return None
    return _split_with_tree(strip_leading_comments(code), programming_language)


def _split_python(code: str) -> Definition | None:
    tree = python_tree(code)
    if tree is None or len(tree.body) != 1:
        return None
    node = tree.body[0]
    if not isinstance(node, PYTHON_DEFINITIONS):
        return None
    first = node.body[0]
    body = node.body[1:] if docstring_statement(node) else node.body
    lines = code.encode("utf-8", "surrogatepass").splitlines(keepends=True)
    begin = min((node.lineno, *(decorator.lineno for decorator in node.decorator_list)))
    head = b"".join(lines[begin - 1 : first.lineno - 1]) + lines[first.lineno - 1][: first.col_offset]
    bare = b"".join(lines_without_docstring(lines, node))
    return Definition(
        signature=_without_trailing_comments(head.decode("utf-8", "surrogatepass")),
        code=bare.decode("utf-8", "surrogatepass").rstrip(),
        body_lines=_count_code_lines(body),
        is_empty=all(_does_nothing(statement) for statement in body),
    )


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return False


def _without_trailing_comments(head: str) -> str:
    """`def f(x):  # why` and comment lines before the body -> `def f(x):`."""
    lines = head.rstrip().splitlines()
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    if lines and not lines[-1].rstrip().endswith(":"):
        lines[-1] = re.sub(r":\s*#.*$", ":", lines[-1])
    return "\n".join(lines).rstrip()


def _count_code_lines(body: list[ast.stmt]) -> int:
    covered: set[int] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        line = getattr(node, "lineno", None)
        if line is not None:
            covered.add(line)
        for name in node._fields:
            child = getattr(node, name, None)
            if isinstance(child, list):
                stack.extend([entry for entry in child if isinstance(entry, ast.AST)])
            elif isinstance(child, ast.AST):
                stack.append(child)
    return len(covered)


def _split_with_tree(code: str, programming_language: str) -> Definition | None:
    for before, after in wrappers_of(programming_language, "members"):
        tree, source = parse(before + code + after, programming_language)
        if tree.root_node.has_error:
            continue
        offset = len(before.encode())
        node = _outermost_definition(tree.root_node, offset)
        body = node.child_by_field_name("body") if node is not None else None
        if body is None:
            continue
        head = source[offset : body.start_byte].decode("utf-8", "replace")
        return Definition(
            signature=head.rstrip().removesuffix("=>").rstrip(),
            code=code.rstrip(),
            body_lines=len({leaf.start_point[0] for leaf in _code_leaves(body)}),
            is_empty=all("comment" in child.type for child in body.named_children),
        )
    return None


def _outermost_definition(root: Node, offset: int) -> Node | None:
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


def _code_leaves(node: Node) -> Iterator[Node]:
    if "comment" in node.type:
        return
    if not node.children:
        if node.is_named or node.type.isalpha():
            yield node
        return
    for child in node.children:
        yield from _code_leaves(child)
