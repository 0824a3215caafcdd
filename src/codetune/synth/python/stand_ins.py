"""Stand-ins in a program: definitions that only take the place of something that is missing."""

from __future__ import annotations

import ast

__all__ = ["delegates_only", "stand_ins"]

_ANYTHING = frozenset({"Mock", "MagicMock", "AsyncMock", "SimpleNamespace", "NonCallableMock"})


def stand_ins(program: ast.Module, given: frozenset[str]) -> tuple[str, ...]:
    """Names of stand-ins, in order: stubs, empty classes, lambdas that take anything, mocks.

    Args:
        program: The whole program.
        given: Names of the given code, which is none of them.
    """
    found: list[str] = []
    for node in ast.walk(program):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if name not in given and not name.startswith("__") and _is_stub(node):
                    found.append(name)
            case ast.ClassDef(name=name, body=body) if name not in given and all(map(_says_nothing, body)):
                bases = {ast.unparse(base) for base in node.bases}
                if not any(base.endswith(("Exception", "Error", "Warning")) for base in bases):
                    found.append(name)
            case ast.Assign(targets=[target], value=value) if _takes_anything(value):
                found.append(ast.unparse(target))
            case ast.keyword(arg=str(name), value=value) if _takes_anything(value):
                found.append(name)
    return tuple(dict.fromkeys(found))


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Nothing but constants come out, or what went in, and nothing happens."""
    body = [statement for statement in node.body if not _says_nothing(statement)]
    return not body or (len(body) == 1 and isinstance(body[0], ast.Return) and _is_empty_value(body[0].value))


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _is_empty_value(value: ast.expr | None) -> bool:
    return value is None or isinstance(value, ast.Constant | ast.Name) or (
        isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name)
    ) or (isinstance(value, ast.List | ast.Dict | ast.Tuple) and not list(ast.iter_child_nodes(value))[1:])  # fmt: skip


def _takes_anything(value: ast.expr) -> bool:
    match value:
        case ast.Lambda(args=args, body=body):
            return args.vararg is not None and _is_empty_value(body)
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in _ANYTHING
    return False


def delegates_only(code: ast.AST) -> bool:
    """Whether a definition does nothing itself: it only calls methods or functions and passes values on."""
    body = [s for s in getattr(code, "body", ()) if not _says_nothing(s)]
    for statement in body:
        value = statement.value if isinstance(statement, ast.Return | ast.Expr) else None
        if isinstance(value, ast.Await):
            value = value.value
        if not isinstance(value, ast.Call) or not all(map(_passes_on, ast.walk(value))):
            return False
    return bool(body)


def _passes_on(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return not (isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant))
    return isinstance(
        node, ast.Attribute | ast.Name | ast.Constant | ast.keyword | ast.Starred | ast.expr_context
    )
