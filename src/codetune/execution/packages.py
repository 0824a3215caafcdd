"""Which modules Python programs import, and which of them a box's interpreter doesn't have."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder

from codetune.execution.host.box_view import base_python, python_path

__all__ = ["how_to_install", "imported_modules", "missing_modules"]


_MADE_IN_THE_BOX = ("solution", "__main__")


def imported_modules(source: str) -> set[str]:
    """Top-level names of the modules that a program imports, where it can't do without them.

    An import within `try` counts for nothing: the program has thought of its failure. Source that
    doesn't parse imports nothing.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {name.partition(".")[0] for name in _imports(tree)}


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        yield node.module
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Try):
            yield from _imports(child)


def missing_modules(source: str) -> list[str]:
    """Those of a program's modules that the box's interpreter doesn't have, in order."""
    return sorted(name for name in imported_modules(source) if not _is_there(name))


@cache
def _is_there(name: str) -> bool:
    if name in sys.stdlib_module_names or name in sys.builtin_module_names or name in _MADE_IN_THE_BOX:
        return True
    try:
        return PathFinder.find_spec(name, list(python_path())) is not None
    except (ImportError, ValueError):
        return False


def how_to_install(modules: list[str]) -> str:
    """What to do so that boxes have these modules."""
    return f"run: {base_python()} -m pip install {' '.join(modules)}"
