"""Which kinds of value fit a name, inferred from how a function uses it.

`name.strip()` wants a text, `for x in name` something iterable, `name.execute()` an object with that
method. It narrows what a model may write; where nothing can be inferred, every kind stays possible.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

__all__ = ["KINDS", "Evidence", "evidence_of", "kinds_for"]

KINDS: dict[str, type] = {
    "str": str, "bytes": bytes, "list": list, "dict": dict, "int": int, "float": float, "set": set,
}  # fmt: skip
"""Kind -> the type whose literals are meant; besides these there are `none`, `bool`, `object`,
`callable` and `lock`."""

_SEQUENCES = frozenset({"str", "bytes", "list"})
_THROUGH = _SEQUENCES | {"dict", "set"}
_NUMBERS = frozenset({"int", "float"})
_LOCKING = frozenset({"acquire", "release", "locked"})
_PATH_CALLS = frozenset({"open", "join", "exists", "isfile", "isdir", "basename", "dirname", "splitext"})
_ANNOTATED = {
    "str": {"str"}, "bytes": {"bytes"}, "int": {"int"}, "float": {"float"}, "bool": {"bool"},
    "list": {"list"}, "dict": {"dict"}, "set": {"set"}, "Sequence": {"list"}, "Iterable": {"list"},
    "List": {"list"}, "Dict": {"dict"}, "Mapping": {"dict"}, "Callable": {"callable"}, "None": {"none"},
}  # fmt: skip


@dataclass
class Evidence:
    """What a function does with one name."""

    attributes: dict[str, bool] = field(default_factory=dict)
    """Attribute read from it -> whether it is called."""
    allowed: set[str] | None = None
    """Kinds that all uses so far permit; None without evidence."""
    compared_to_none: bool = False

    is_called: bool = False

    def narrow(self, kinds: Iterable[str]) -> None:
        """One more use, which these kinds permit."""
        self.allowed = set(kinds) if self.allowed is None else self.allowed & set(kinds)


def evidence_of(node: ast.AST, key: Callable[[ast.AST], str | None]) -> dict[str, Evidence]:
    """Collect how names are used.

    Args:
        node: A function.
        key: Gives the name an expression stands for, or None where it is another one's business.
    """
    found: dict[str, Evidence] = {}

    def note(expression: ast.AST) -> Evidence | None:
        name = key(expression)
        return None if name is None else found.setdefault(name, Evidence())

    called = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    for part in ast.walk(node):
        seen = note(part)
        if seen is not None:
            seen.is_called |= id(part) in called
        if isinstance(part, ast.Attribute) and (seen := note(part.value)) is not None:
            seen.attributes[part.attr] = seen.attributes.get(part.attr, False) or id(part) in called
        for expression, kinds in _permitted(part):
            if (seen := note(expression)) is not None:
                seen.narrow(kinds)
        if isinstance(part, ast.Compare) and (seen := note(part.left)) is not None:
            seen.compared_to_none |= any(
                isinstance(c, ast.Constant) and c.value is None for c in part.comparators
            )
    return found


def _permitted(part: ast.AST) -> Iterable[tuple[ast.AST, Iterable[str]]]:
    """(expression, kinds that this use of it permits)."""
    match part:
        case ast.For(iter=source) | ast.comprehension(iter=source):
            yield source, _THROUGH
        case ast.Starred(value=source):
            yield source, _THROUGH
        case ast.Subscript(value=source, slice=ast.Slice()):
            yield source, _SEQUENCES
        case ast.Subscript(value=source, slice=ast.Constant(value=str())):
            yield source, {"dict"}
        case ast.Subscript(value=source, slice=ast.Constant(value=int())):
            yield source, _SEQUENCES
        case ast.Subscript(value=source):
            yield source, {"dict", "list", "str"}
        case ast.Call(func=ast.Name(id="len" | "sorted" | "list" | "tuple" | "set"), args=[source]):
            yield source, _THROUGH
        case ast.Call(func=ast.Name(id="range"), args=bounds):
            yield from ((bound, {"int"}) for bound in bounds)
        case ast.Slice(lower=lower, upper=upper):
            yield from ((bound, {"int"}) for bound in (lower, upper) if bound is not None)
        case ast.Call(func=ast.Name(id="int" | "float"), args=[source, *_]):
            yield source, {"int", "float"}
        case ast.Call(func=func):
            yield func, {"callable"}
            if isinstance(func, ast.Name | ast.Attribute):
                name = func.id if isinstance(func, ast.Name) else func.attr
                if name in _PATH_CALLS and part.args:
                    yield part.args[0], {"str"}
        case ast.BinOp(left=left, op=op, right=right):
            yield from _arithmetic(left, op, right)
        case ast.AugAssign(target=target, value=ast.Constant(value=int() | float())):
            yield target, _NUMBERS
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[right]):
            yield right, _THROUGH
            if isinstance(right, ast.Constant) and isinstance(right.value, str):
                yield left, {"str"}
        case ast.Compare(left=left, comparators=[ast.Constant(value=value)]) if value is not None:
            kind = type(value).__name__
            if kind in KINDS:
                yield left, _NUMBERS if kind in _NUMBERS else {kind}
        case ast.withitem(context_expr=source):
            yield source, {"lock"}


def _arithmetic(left: ast.AST, op: ast.operator, right: ast.AST) -> Iterable[tuple[ast.AST, Iterable[str]]]:
    for one, other in ((left, right), (right, left)):
        if isinstance(other, ast.Constant):
            if isinstance(other.value, str | bytes) and isinstance(op, ast.Add):
                yield one, {type(other.value).__name__}
            elif isinstance(other.value, int | float):
                kinds = _NUMBERS | _SEQUENCES if isinstance(op, ast.Mult) else _NUMBERS
                yield from ((leaf, kinds) for leaf in _terms(one))
    if isinstance(op, ast.Sub | ast.Div | ast.FloorDiv | ast.Pow):
        yield left, _NUMBERS
        yield right, _NUMBERS
    elif isinstance(op, ast.BitAnd | ast.BitOr | ast.LShift | ast.RShift):
        yield left, {"int"}
        yield right, {"int"}


def _terms(expression: ast.AST) -> Iterator[ast.AST]:
    """What a sum is made of: all of it is a number if one of it is."""
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Add | ast.Sub):
        yield from _terms(expression.left)
        yield from _terms(expression.right)
    else:
        yield expression


def kinds_for(evidence: Evidence | None, annotation: str | None = None) -> tuple[str, ...]:
    """Kinds of value that fit, in a fixed order.

    Args:
        evidence: How the name is used; None where it isn't.
        annotation: Its type annotation as written, or None.
    """
    every = (*KINDS, "none", "bool")
    hinted: set[str] = set()
    for word, kinds in _ANNOTATED.items():
        if annotation is not None and word in annotation.replace("[", " ").replace("|", " ").split():
            hinted |= kinds
    if evidence is None:
        return _ordered(hinted or set(every))
    if evidence.attributes:
        if _LOCKING & set(evidence.attributes):
            return ("lock",)
        fitting = {k for k, kind in KINDS.items() if all(hasattr(kind, a) for a in evidence.attributes)}
        if evidence.allowed is not None:
            fitting &= evidence.allowed
        return _ordered(fitting & hinted or fitting) if fitting else ("object",)
    if evidence.allowed:
        return _ordered(evidence.allowed & hinted or evidence.allowed)
    return _ordered(hinted or set(every))


def _ordered(kinds: set[str]) -> tuple[str, ...]:
    order = (*KINDS, "none", "bool", "object", "callable", "lock")
    return tuple(kind for kind in order if kind in kinds)
