"""Small faults put into a Python solution: tests that don't notice them prove nothing.

Source: the operators are those of mutation testing's classics (relational, arithmetic and logical
replacement, constants, removed statements and returns; DeMillo et al. 1978).
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from codetune.seeding import draw

__all__ = ["emptied", "mutants"]

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def emptied(code: str) -> str:
    """The solution with each top-level function's (and method's) body gone."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [ast.Pass()]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def mutants(code: str, *, count: int, seed: int, row: str) -> list[str]:
    """Up to `count` different mutants, drawn for the row; each differs from the code by one fault.

    Args:
        code: Python that parses.
        count: At most so many.
        seed: Of the run.
        row: Id of the row the code belongs to.
    """
    tree = ast.parse(code)
    original = ast.unparse(tree)
    without = _unseen(tree)
    sites = [
        (i, how)
        for i, node in enumerate(ast.walk(tree))
        if id(node) not in without
        for how in range(len(list(_faults(node))))
    ]
    draw(seed, row, "mutants").shuffle(sites)
    found: dict[str, None] = {}
    for index, how in sites:
        if len(found) == count:
            break
        changed = copy.deepcopy(tree)
        node = next(n for i, n in enumerate(ast.walk(changed)) if i == index)
        list(_faults(node))[how].apply()
        try:
            text = ast.unparse(ast.fix_missing_locations(changed))
            compile(text, "mutant", "exec")
        except (SyntaxError, ValueError):
            continue
        if text != original:
            found.setdefault(text + "\n", None)
    return list(found)


def _unseen(tree: ast.Module) -> set[int]:
    """Ids of nodes that no test of the code can look at, so that a fault there says nothing about the tests.

    Documentation, types, the words of an error, and what a module does when it is run: its main guard and the calls
    that show it.
    """
    roots: list[ast.AST] = [node for node in tree.body if isinstance(node, ast.Expr) or _is_main(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and _is_text(node.body[0]):
            roots.append(node.body[0])
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            roots += [arg for arg in node.exc.args if _is_message(arg)]
        for kind in ("annotation", "returns"):
            annotation = getattr(node, kind, None)
            if isinstance(annotation, ast.AST):
                roots.append(annotation)
    return {id(node) for root in roots for node in ast.walk(root)}


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _is_message(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


class _Fault:
    """One way to break one node; nothing happens until it is applied."""

    def __init__(self, node: ast.AST, attribute: str, value: object) -> None:
        self._node, self._attribute, self._value = node, attribute, value

    def apply(self) -> None:
        setattr(self._node, self._attribute, self._value)


def _faults(node: ast.AST) -> Iterator[_Fault]:
    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op):
            if type(op) in _SWAPS:
                yield _Fault(node, "op", _SWAPS[type(op)]())
        case ast.Compare(ops=[first, *rest]):
            if type(first) in _SWAPS:
                yield _Fault(node, "ops", [_SWAPS[type(first)](), *rest])
        case ast.Constant(value=bool() as value):
            yield _Fault(node, "value", not value)
        case ast.Constant(value=int() | float() as number):
            yield _Fault(node, "value", number + 1)
        case ast.Constant(value=str() as text) if text:
            yield _Fault(node, "value", text + "x")
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield _Fault(node, "test", ast.UnaryOp(op=ast.Not(), operand=test))
        case ast.Return(value=value) if value is not None:
            yield _Fault(node, "value", ast.Constant(value=None))
    if isinstance(node, ast.FunctionDef | ast.For | ast.While | ast.If) and len(node.body) > 1:
        for i, statement in enumerate(node.body):
            if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr) and not _is_text(statement):
                yield _Fault(node, "body", [*node.body[:i], ast.Pass(), *node.body[i + 1 :]])


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
