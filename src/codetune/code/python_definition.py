"""Definitions of Python, taken apart with the interpreter's own parser."""

from __future__ import annotations

import ast
import re
import warnings

from codetune.code.definition_parts import Definition

__all__ = ["split_python"]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
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


def split_python(code: str) -> Definition | None:
    """Take one definition apart; None where the code does not parse or holds anything else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is a matter of taste, not of syntax
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], _DEFINITIONS):
        return None
    node = tree.body[0]
    body = node.body[1:] if _is_docstring(node.body[0]) else node.body
    # Columns of `ast` are bytes of UTF-8.
    lines = code.encode("utf-8", "surrogatepass").splitlines(keepends=True)
    first = node.body[0]
    head = b"".join(lines[node.lineno - 1 : first.lineno - 1]) + lines[first.lineno - 1][: first.col_offset]
    bare = lines
    if body is not node.body:
        bare = _without(lines, first, body[0] if body else None)
    text = b"".join(bare).decode("utf-8", "surrogatepass")
    signature = _without_trailing_comments(head.decode("utf-8", "surrogatepass"))
    return Definition(
        signature=signature,
        code=text.rstrip(),
        body_lines=_count_code_lines(body),
        is_empty=all(_does_nothing(statement) for statement in body),
    )


def _without(lines: list[bytes], docstring: ast.stmt, after: ast.stmt | None) -> list[bytes]:
    """The source without the docstring's statement; blank lines it leaves at the top go too."""
    begin, end = docstring.lineno - 1, (docstring.end_lineno or docstring.lineno) - 1
    before = lines[begin][: docstring.col_offset]
    rest = lines[end][docstring.end_col_offset or 0 :].lstrip(b" \t")
    if rest.startswith(b";"):
        rest = rest[1:].lstrip(b" \t")
    if rest.startswith(b"#"):
        rest = b"\n"
    kept = lines[:begin]
    tail = lines[end + 1 :]
    if before.strip() or rest.strip():  # `def f(): "doc"; return 1`
        return [*kept, before + rest, *tail]
    if after is not None:
        while tail and not tail[0].strip():
            tail = tail[1:]
    return [*kept, *tail]


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
    for statement in body:
        for node in ast.walk(statement):
            line = getattr(node, "lineno", None)
            if line is not None:
                covered.add(line)
    return len(covered)
