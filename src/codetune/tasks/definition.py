"""A definition taken apart: its signature, and its code without the docstring.

Python goes through `ast`, which knows exactly what a docstring is; the other languages keep theirs
in comments before the definition, which is where `strip_leading_comments` finds them.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Definition", "leaks", "split_definition", "strip_leading_comments"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a function, method or class is made of."""

    signature: str
    """From the first decorator-free line to the start of the body, without the body's opening."""
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
        Its parts, or None where the code doesn't parse or holds no definition.
    """
    if programming_language == "python":
        return _split_python(code)
    from codetune.tasks.tree_definition import split_with_tree

    return split_with_tree(strip_leading_comments(code), programming_language)


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


def _split_python(code: str) -> Definition | None:
    try:
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


_LINE_COMMENT = re.compile(r"(?://|\#(?!\[|!\[|include|define|if|endif|pragma|undef|region))[^\n]*(?:\n|$)")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/[ \t]*\n?", re.DOTALL)
_RUBY_BLOCK = re.compile(r"=begin\b.*?^=end[^\n]*(?:\n|$)", re.DOTALL | re.MULTILINE)
_BLANKS = re.compile(r"\s*")


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


def _normalised(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def leaks(answer: str, code: str) -> bool:
    """Whether an answer of three words or more can be read off the code it is the answer to."""
    wanted = _normalised(answer)
    return wanted.count(" ") >= 2 and f" {wanted} " in f" {_normalised(code)} "
