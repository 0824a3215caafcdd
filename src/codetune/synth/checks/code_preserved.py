"""Whether a program holds a definition unchanged: compares syntax trees (Python) or tokens."""

from __future__ import annotations

import ast
import warnings

from codetune.code.parsing import leaves, parse

__all__ = ["holds_unchanged"]


def holds_unchanged(program: str, code: str, programming_language: str) -> bool:
    """Whether `code` is in `program` with the same syntax tree, however deep, and not shadowed.

    Layout and comments may differ; nothing that runs may. For Python a later definition of the
    same name in the same place would take its place when the program runs, so it counts as changed.

    Args:
        program: A whole program that parses.
        code: One or more definitions.
        programming_language: One of `codetune.code.languages.PARSED_LANGUAGES`.
    """
    if programming_language == "python":
        return _python_holds(program, code)
    wanted, found = _tokens(code, programming_language), _tokens(program, programming_language)
    size = len(wanted)
    return size > 0 and any(found[i : i + size] == wanted for i in range(len(found) - size + 1))


def _tokens(code: str, programming_language: str) -> list[tuple[str, str]]:
    tree, data = parse(code, programming_language)
    return [
        (kind, data[node.start_byte : node.end_byte].decode("utf-8", "replace"))
        for node, kind in leaves(tree)
    ]


def _python_holds(program: str, code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree, wanted = ast.parse(program), ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError):
        return False
    if not wanted:
        return False
    dumps = [ast.dump(node) for node in wanted]
    return any(_stands_last(block, dumps, wanted) for block in _blocks(tree))


def _blocks(tree: ast.Module) -> list[list[ast.stmt]]:
    """Bodies that definitions can stand in: the module's and the classes'."""
    return [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]


def _stands_last(block: list[ast.stmt], dumps: list[str], wanted: list[ast.stmt]) -> bool:
    """All wanted statements stand in one block, and none is bound again after its place."""
    held = [ast.dump(node) for node in block]
    for dump, node in zip(dumps, wanted, strict=True):
        if dump not in held:
            return False
        after = block[len(held) - held[::-1].index(dump) :]
        if any(_binds(later, getattr(node, "name", None)) for later in after):
            return False
    return True


def _binds(node: ast.stmt, name: str | None) -> bool:
    if name is None:
        return False
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name == name
    if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
        inner = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
        return any(_binds(part, name) for part in inner)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any((alias.asname or alias.name) == name for alias in node.names)
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(part, ast.Name) and part.id == name for part in targets)
