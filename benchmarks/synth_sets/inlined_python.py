"""A Python file with the modules of its own package in place of the imports that name them."""

from __future__ import annotations

import ast
from pathlib import Path

__all__ = ["inlined"]


def inlined(path: Path, files: dict[Path, str], seen: set[Path] | None = None) -> str | None:
    """The file as one that stands alone; None where it does not parse, or imports a module of its package as a name.

    Args:
        path: The file.
        files: All files of the repository.
        seen: Files that stand in the text already.
    """
    first = seen is None
    seen = seen if seen is not None else set()
    seen.add(path)
    try:
        tree = ast.parse(files[path])
    except SyntaxError:
        return None
    lines = files[path].split("\n")
    future = ""
    puts: list[tuple[ast.stmt, str]] = []
    for node in tree.body:  # in order: a module stands where it is named first
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        put: str | None = None
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            put, future = "", "from __future__ import annotations\n"
        elif (module := _own_module(node, path, files)) is not None:
            put = _in_place_of(node, module, files, seen)
            if put is None:
                return None
        elif isinstance(node, ast.ImportFrom) and node.level:
            return None
        if put is not None:
            puts.append((node, put))
    for node, put in reversed(puts):
        lines[node.lineno - 1 : node.end_lineno] = put.split("\n")
    return (future if first else "") + "\n".join(lines)


def _own_module(node: ast.stmt, path: Path, files: dict[Path, str]) -> Path | None:
    """The file that `from .a import b`, or `from package.a import b`, names."""
    if not isinstance(node, ast.ImportFrom) or not node.module:
        return None
    parts = node.module.split(".")
    if node.level:
        base = path.parents[node.level - 1]
    else:
        base = next((folder.parent for folder in path.parents if folder.name == parts[0]), path.parent)
    module = base.joinpath(*parts)
    return next((file for file in (module.with_suffix(".py"), module / "__init__.py") if file in files), None)


def _in_place_of(node: ast.stmt, module: Path, files: dict[Path, str], seen: set[Path]) -> str | None:
    assert isinstance(node, ast.ImportFrom)
    text = "" if module in seen else inlined(module, files, seen)
    if text is None:
        return None
    renamed = [f"{alias.asname} = {alias.name}" for alias in node.names if alias.asname]
    return "\n".join([text, *renamed])
