"""Which names the tests use and which the program's text defines; both texts are parsed, neither is run."""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
import types
from collections.abc import Iterator

__all__ = ["imports_of", "top_level_names", "unresolved_names", "used_names"]

_BUILTINS = frozenset(vars(builtins))


def _is_dunder(name: str) -> bool:
    return name.startswith("__")


def used_names(code: types.CodeType) -> set[str]:
    """Names that compiled code may look up, attributes among them; none with two leading underscores."""
    found = {name for name in code.co_names if not _is_dunder(name)}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= used_names(constant)
    return found


def top_level_names(source: bytes) -> tuple[set[str], set[str]]:
    """Names that a text assigns or defines at its top level, and names that it imports there.

    Text that doesn't compile has none.
    """
    try:
        top = symtable.symtable(source, "solution.py", "exec")  # type: ignore[arg-type]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(), set()
    symbols = [symbol for symbol in top.get_symbols() if not _is_dunder(symbol.get_name())]
    return (
        {symbol.get_name() for symbol in symbols if symbol.is_assigned()},
        {symbol.get_name() for symbol in symbols if symbol.is_imported()},
    )


def unresolved_names(source: bytes) -> set[str]:
    """Names that a text looks up as globals and neither defines itself nor has from the interpreter."""
    top = symtable.symtable(source, "tests.py", "exec")  # type: ignore[arg-type]
    own = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    found: set[str] = set()
    tables = [top]
    for table in tables:  # grows as inner tables are found
        tables += table.get_children()
        found |= {
            s.get_name()
            for s in table.get_symbols()
            if s.is_referenced() and (table is top or s.is_global()) and not _is_dunder(s.get_name())
        }
    return found - own - _BUILTINS


def imports_of(source: bytes) -> dict[str, tuple[str, str | None]]:
    """Name -> (module, attribute or None), for the imports at a text's top level.

    Under another name than its own only what isn't itself a module's name counts: `import random as
    math` binds nothing.
    """
    found: dict[str, tuple[str, str | None]] = {}
    for statement in _top_level_statements(ast.parse(source)):
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.asname is None:
                    module = alias.name.partition(".")[0]
                    found[module] = (module, None)
                elif alias.asname == alias.name or alias.asname not in sys.stdlib_module_names:
                    found[alias.asname] = (alias.name, None)
        elif isinstance(statement, ast.ImportFrom) and statement.level == 0 and statement.module:
            for alias in statement.names:
                if alias.asname in (None, alias.name):
                    found[alias.name] = (statement.module, alias.name)
    return found


def _top_level_statements(tree: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.expr)):
            continue
        yield child
        yield from _top_level_statements(child)
