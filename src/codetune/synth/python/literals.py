"""Patterns of well-formed Python values, one for each kind, for slots of a schema.

They are short on purpose: a grammar is walked at every token, and a stand-in value needs no more.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

__all__ = ["ANY_CALL", "any_of", "is_literal", "literal_of", "object_with"]

_TEXT = r"'[A-Za-z0-9 _.,:/@-]{1,20}'"
_INTEGER = r"-?[0-9]{1,4}"
_FLOAT = r"-?[0-9]{1,3}\.[0-9]{1,2}"
_TEXTS = rf"\[{_TEXT}(, {_TEXT}){{0,3}}\]"
_INTEGERS = rf"\[{_INTEGER}(, {_INTEGER}){{0,4}}\]"

ANY_CALL = r"\(\*args, \*\*kwargs\)"

_PATTERNS = {
    "str": _TEXT,
    "bytes": "b" + _TEXT,
    "list": rf"{_TEXTS}|{_INTEGERS}|\[\]",
    "dict": rf"\{{{_TEXT}: ({_TEXT}|{_INTEGER})\}}|\{{\}}",
    "int": _INTEGER,
    "float": _FLOAT,
    "set": rf"\{{{_TEXT}(, {_TEXT}){{0,2}}\}}|set\(\)",
    "none": "None",
    "bool": "True|False",
    "lock": r"threading\.RLock\(\)",
}


def any_of(kinds: Sequence[str]) -> str:
    """A value of one of these kinds."""
    patterns = [
        rf"lambda \*args, \*\*kwargs: ({_result()})" if kind == "callable" else _PATTERNS[kind]
        for kind in kinds
    ]
    return "(" + "|".join(patterns) + ")"


def is_literal(text: str) -> bool:
    """Whether a text is one literal of Python, nested or not, `float("inf")`, `set()` and the like included."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return "\n" not in text.strip() and _is_value(tree.body)


def _is_value(node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return all(map(_is_value, parts))
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and _is_value(key) for key in keys) and all(map(_is_value, values))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Invert(), operand=inner):
            return _is_value(inner)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Pow(), right=right):
            return all(isinstance(part, ast.Constant) or _is_value(part) for part in (left, right))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            return name in _CONSTRUCTORS and all(map(_is_value, args))
    return False


_CONSTRUCTORS = frozenset(
    {"float", "set", "frozenset", "bytes", "bytearray", "complex", "range", "int", "tuple"}
)


def literal_of(kinds: Sequence[str]) -> str:
    """A literal of one of these kinds that a call can be made with; lists of lists are among the lists.

    Kinds that have no literal (a callable, a lock) are left out; where nothing is left, any common kind goes.
    """
    plain = [kind for kind in kinds if kind in _PATTERNS and kind not in ("lock", "none")]
    pattern = any_of(plain or ("int", "str", "list", "float"))
    if plain and "list" not in plain:
        return pattern
    return rf"({pattern}|\[{_INTEGERS}(, {_INTEGERS}){{0,2}}\]|\[{_TEXTS}(, {_TEXTS}){{0,2}}\])"


def _result() -> str:
    return "|".join(_PATTERNS[kind] for kind in ("none", "bool", "int", "str", "list", "dict"))


def object_with(attributes: Mapping[str, bool]) -> str:
    """An object of its own with these attributes; True marks those that are called."""
    parts = [
        f"{name}={any_of(['callable']) if called else any_of(['str', 'int', 'list', 'none'])}"
        for name, called in attributes.items()
    ]
    return r"SimpleNamespace\(" + ", ".join(parts) + r"\)"
