"""What a Python function lacks to run on its own, found from its syntax alone.

Free names, the attributes it reads from `self`, and the arguments it can't do without. What has
only one sensible answer (a module of the standard library) is settled here; a model is asked for
nothing but the rest.
"""

from __future__ import annotations

import ast
import builtins
import enum
import symtable
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from codetune.synth.python.stdlib_exports import modules_that_export
from codetune.synth.python.type_inference import Evidence, evidence_of, kinds_for

__all__ = ["CallShape", "Need", "Needs", "python_needs"]

_BUILTINS = frozenset(dir(builtins)) | {"__class__", "__name__", "__file__", "__doc__", "__debug__"}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that is missing, and what is known of it."""

    kinds: tuple[str, ...]
    """Kinds of value that fit (`codetune.synth.python.type_inference`); for a free name also `function` and
    `class`."""
    members: Mapping[str, bool] = field(default_factory=dict)
    """For kind `object`: attribute -> whether it is called."""
    modules: tuple[str, ...] = ()
    """Well-known modules that a free name can be imported from."""
    keyword: bool = False
    """For an argument: passed by keyword."""
    annotation: str | None = None
    """For an argument: its type annotation as written."""


class CallShape(enum.StrEnum):
    """How the definition is called."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS_METHOD = "class method"
    STATIC_METHOD = "static method"
    PROPERTY = "property"
    CONSTRUCTOR = "constructor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What one definition lacks."""

    name: str
    """Its own name, without the class."""
    class_name: str | None
    shape: CallShape
    settled: tuple[str, ...] = ()
    """Lines that have only one sensible form: imports of standard modules, exceptions raised."""
    missing: Mapping[str, Need] = field(default_factory=dict)
    """Other free names."""
    attributes: Mapping[str, Need] = field(default_factory=dict)
    """What it reads from `self` (or `cls`)."""
    arguments: Mapping[str, Need] = field(default_factory=dict)
    """Parameters without default, in order."""
    is_async: bool = False
    is_generator: bool = False

    @property
    def nothing(self) -> bool:
        """Whether it can be called as it is."""
        return not (self.missing or self.attributes or self.arguments)


def python_needs(code: str, name: str | None = None, tree: ast.Module | None = None) -> Needs | None:
    """Read what a function or method lacks.

    Args:
        code: One definition, dedented, decorators included.
        name: Its qualified name; `Thread.join` says that it is a method of `Thread`.
        tree: The code's syntax tree, where it was parsed before.

    Returns:
        None where the code is not a single function definition, or can't be called alone (a
        property's setter without its getter).
    """
    try:
        body = (tree if tree is not None else ast.parse(code)).body
        table = symtable.symtable(code, "snippet", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return None
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    node = body[0]
    owner = (name or "").rpartition(".")[0].rpartition(".")[2]
    class_name = owner if owner.isidentifier() else None
    shape = _shape(node, class_name)
    if shape is None:
        return None
    free = sorted(_free_names(table) - _BUILTINS - {node.name, class_name})
    settled, missing = _settle(free, node)
    return Needs(
        name=node.name,
        class_name=class_name,
        shape=shape,
        settled=settled,
        missing=missing,
        attributes=_attributes(node, shape),
        arguments=_required(node, shape),
        is_async=isinstance(node, ast.AsyncFunctionDef),
        is_generator=_yields(node),
    )


def _shape(node: ast.FunctionDef | ast.AsyncFunctionDef, class_name: str | None) -> CallShape | None:
    decorators = {ast.unparse(d) for d in node.decorator_list}
    if any(d.endswith((".setter", ".deleter", ".getter")) for d in decorators):
        return None
    if class_name is None:
        return CallShape.FUNCTION
    if "staticmethod" in decorators:
        return CallShape.STATIC_METHOD
    if "classmethod" in decorators or node.name in ("__init_subclass__", "__class_getitem__"):
        return CallShape.CLASS_METHOD
    if decorators & {"property", "cached_property", "functools.cached_property"}:
        return CallShape.PROPERTY
    return CallShape.CONSTRUCTOR if node.name in ("__init__", "__new__") else CallShape.METHOD


def _free_names(table: symtable.SymbolTable) -> set[str]:
    bound = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    found: set[str] = set()
    queue = [table]
    while queue:
        scope = queue.pop()
        queue.extend(scope.get_children())
        top = scope.get_type() == "module"
        found |= {s.get_name() for s in scope.get_symbols() if s.is_referenced() and (top or s.is_global())}
    return found - bound


def _settle(free: list[str], node: ast.AST) -> tuple[tuple[str, ...], dict[str, Need]]:
    """Divide free names into lines that are certain and names that leave a choice."""
    evidence = evidence_of(node, lambda part: part.id if isinstance(part, ast.Name) else None)
    raised, classes, bases = _exceptions(node), _classes(node), _bases(node)
    settled: list[str] = []
    missing: dict[str, Need] = {}
    for name in free:
        seen = evidence.get(name)
        exporters = modules_that_export(name)
        if name in sys.stdlib_module_names and seen is not None and seen.attributes:
            settled.append(f"import {name}")
        elif name in bases:
            methods = "; ".join(f"{m} = lambda self, *args, **kwargs: None" for m in sorted(bases[name]))
            settled.append(f"class {name}: {methods}")
        elif len(exporters) == 1 and (name in classes or (seen is not None and seen.is_called)):
            settled.append(f"from {exporters[0]} import {name}")
        elif name in raised:
            settled.append(f"class {name}(Exception): pass")
        elif name in classes or (name.strip("_")[:1].isupper() and seen is not None and seen.is_called):
            missing[name] = Need(("class",), modules=exporters)
        elif seen is not None and seen.is_called and not seen.attributes:
            missing[name] = Need(("function",), modules=exporters)
        else:
            missing[name] = replace(_need(seen), modules=exporters)
    return tuple(settled), missing


def _need(seen: Evidence | None, annotation: str | None = None, *, keyword: bool = False) -> Need:
    kinds = kinds_for(seen, annotation)
    members = dict(seen.attributes) if seen is not None and kinds == ("object",) else {}
    return Need(kinds, members, keyword=keyword, annotation=annotation)


def _exceptions(node: ast.AST) -> set[str]:
    """Names that are raised or caught."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Raise) and part.exc is not None:
            raised = part.exc.func if isinstance(part.exc, ast.Call) else part.exc
            found |= {raised.id} if isinstance(raised, ast.Name) else set()
        elif isinstance(part, ast.ExceptHandler) and part.type is not None:
            found |= {inner.id for inner in ast.walk(part.type) if isinstance(inner, ast.Name)}
    return found


def _classes(node: ast.AST) -> set[str]:
    """Names that stand where only a class can: the second argument of isinstance."""
    return {
        inner.id
        for part in ast.walk(node)
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Name)
        and part.func.id in ("isinstance", "issubclass")
        and len(part.args) == 2
        for inner in ast.walk(part.args[1])
        if isinstance(inner, ast.Name)
    }


def _bases(node: ast.AST) -> dict[str, set[str]]:
    """Names whose methods are called with the object itself, `Base.__init__(self)`, and those methods."""
    found: dict[str, set[str]] = {}
    for part in ast.walk(node):
        match part:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr=method), args=[ast.Name(id="self"), *_]
            ):
                found.setdefault(name, set()).add(method)
    return found


def _attributes(node: ast.FunctionDef | ast.AsyncFunctionDef, shape: CallShape) -> dict[str, Need]:
    owner = [*node.args.posonlyargs, *node.args.args][:1]
    if shape in (CallShape.FUNCTION, CallShape.STATIC_METHOD, CallShape.CONSTRUCTOR) or not owner:
        return {}
    me = owner[0].arg

    def attribute(part: ast.AST) -> str | None:
        mine = isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == me
        return part.attr if mine else None  # type: ignore[attr-defined]

    read = {
        name
        for part in ast.walk(node)
        if (name := attribute(part)) is not None
        and isinstance(part.ctx, ast.Load)  # type: ignore[attr-defined]
        and not (name.startswith("__") and name.endswith("__"))
        and name != node.name
    }
    evidence = evidence_of(node, attribute)
    return {name: _need(evidence.get(name)) for name in sorted(read)}


def _required(node: ast.FunctionDef | ast.AsyncFunctionDef, shape: CallShape) -> dict[str, Need]:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    if shape not in (CallShape.FUNCTION, CallShape.STATIC_METHOD):
        required = required[1:]
    keyword = [a for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is None]
    evidence = evidence_of(node, lambda part: part.id if isinstance(part, ast.Name) else None)
    return {
        a.arg: _need(
            evidence.get(a.arg),
            ast.unparse(a.annotation) if a.annotation is not None else None,
            keyword=a in keyword,
        )
        for a in [*required, *keyword]
    }


def _yields(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    queue: list[ast.AST] = list(node.body)
    while queue:
        part = queue.pop()
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            queue.extend(ast.iter_child_nodes(part))
    return False
