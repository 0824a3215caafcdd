"""What a Python function lacks to run on its own, told from its syntax alone.

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
from dataclasses import dataclass, field

__all__ = ["Needs", "Shape", "Use", "python_needs"]

_BUILTINS = frozenset(dir(builtins)) | {"__class__", "__name__", "__file__", "__doc__", "__debug__"}


class Use(enum.StrEnum):
    """How the code uses something it lacks, as far as that bounds what it can be."""

    CALLED = "called"
    DOTTED = "dotted"
    """Attributes are read from it: a module, or an object."""
    VALUE = "value"


class Shape(enum.StrEnum):
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
    shape: Shape
    modules: tuple[str, ...] = ()
    """Standard modules it uses by name; `import NAME` settles each."""
    missing: dict[str, Use] = field(default_factory=dict)
    """Other free names."""
    attributes: dict[str, Use] = field(default_factory=dict)
    """What it reads from `self` (or `cls`)."""
    arguments: dict[str, str] = field(default_factory=dict)
    """Parameters without default -> how they are passed: `positional` or `keyword`."""
    annotations: dict[str, str] = field(default_factory=dict)
    """Type annotations of those parameters, as written."""
    is_async: bool = False
    is_generator: bool = False

    @property
    def nothing(self) -> bool:
        """Whether it can be called as it is."""
        return not (self.missing or self.attributes or self.arguments)


def python_needs(code: str, name: str | None = None) -> Needs | None:
    """Read what a function or method lacks.

    Args:
        code: One definition, dedented, decorators included.
        name: Its qualified name; `Thread.join` says that it is a method of `Thread`.

    Returns:
        None where the code is not a single function definition, or can't be called alone (a
        property's setter without its getter).
    """
    try:
        body = ast.parse(code).body
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
    free = _free_names(table) - _BUILTINS - {node.name, class_name}
    uses = _uses(node)
    modules = tuple(sorted(n for n in free if n in sys.stdlib_module_names and uses.get(n) is Use.DOTTED))
    arguments, annotations = _required(node, shape)
    return Needs(
        name=node.name,
        class_name=class_name,
        shape=shape,
        modules=modules,
        missing={n: uses.get(n, Use.VALUE) for n in sorted(free - set(modules))},
        attributes=_attributes(node, shape),
        arguments=arguments,
        annotations=annotations,
        is_async=isinstance(node, ast.AsyncFunctionDef),
        is_generator=_yields(node),
    )


def _shape(node: ast.FunctionDef | ast.AsyncFunctionDef, class_name: str | None) -> Shape | None:
    decorators = {ast.unparse(d) for d in node.decorator_list}
    if any(d.endswith((".setter", ".deleter", ".getter")) for d in decorators):
        return None
    if class_name is None:
        return Shape.FUNCTION
    if "staticmethod" in decorators:
        return Shape.STATIC_METHOD
    if "classmethod" in decorators or node.name in ("__init_subclass__", "__class_getitem__"):
        return Shape.CLASS_METHOD
    if decorators & {"property", "cached_property", "functools.cached_property"}:
        return Shape.PROPERTY
    return Shape.CONSTRUCTOR if node.name in ("__init__", "__new__") else Shape.METHOD


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


def _uses(node: ast.AST) -> dict[str, Use]:
    uses: dict[str, Use] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            uses[part.value.id] = Use.DOTTED
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
            uses.setdefault(part.func.id, Use.CALLED)
    return uses


def _attributes(node: ast.FunctionDef | ast.AsyncFunctionDef, shape: Shape) -> dict[str, Use]:
    owner = [*node.args.posonlyargs, *node.args.args][:1]
    if shape in (Shape.FUNCTION, Shape.STATIC_METHOD, Shape.CONSTRUCTOR) or not owner:
        return {}
    me = owner[0].arg
    found: dict[str, Use] = {}
    called = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    outer = {
        id(part.value)
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Attribute)
    }
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Attribute)
            and isinstance(part.ctx, ast.Load)
            and isinstance(part.value, ast.Name)
            and part.value.id == me
            and not (part.attr.startswith("__") and part.attr.endswith("__"))
            and part.attr != node.name
        ):
            use = Use.CALLED if id(part) in called else Use.DOTTED if id(part) in outer else Use.VALUE
            if found.get(part.attr) is not Use.DOTTED:
                found[part.attr] = use
    return dict(sorted(found.items()))


def _required(
    node: ast.FunctionDef | ast.AsyncFunctionDef, shape: Shape
) -> tuple[dict[str, str], dict[str, str]]:
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    if shape not in (Shape.FUNCTION, Shape.STATIC_METHOD):
        required = required[1:]
    keyword = [a for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is None]
    passed = {a.arg: "positional" for a in required} | {a.arg: "keyword" for a in keyword}
    notes = {a.arg: ast.unparse(a.annotation) for a in [*required, *keyword] if a.annotation is not None}
    return passed, notes


def _yields(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    queue: list[ast.AST] = list(node.body)
    while queue:
        part = queue.pop()
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            queue.extend(ast.iter_child_nodes(part))
    return False
