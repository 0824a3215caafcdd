"""Whether a program holds a definition unchanged: compares syntax trees (Python) or tokens."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from codetune.code.parsing import leaves, parse, parses, python_tree
from codetune.execution.languages.toolchains import toolchain
from codetune.synth.checks.snippet_text import SnippetView
from codetune.synth.runtime.raw_answers import InvalidAnswerError

__all__ = ["CompletedProgram", "completed", "held_definition", "holds_unchanged"]


@dataclass(frozen=True)
class CompletedProgram:
    """A program that parses and holds the given code unchanged."""

    text: str
    tree: ast.Module | None = None
    """Of Python programs."""
    definition: ast.stmt | None = None
    """The given code's last definition in `tree`."""


def completed(text: str, view: SnippetView) -> CompletedProgram:
    """Check a program around a snippet; it is parsed once, here.

    Raises:
        InvalidAnswerError: It does not parse, or the code is not in it unchanged.
    """
    tree = definition = None
    if view.tree is not None:
        tree = python_tree(text)
        definition = held_definition(tree, view.tree) if tree is not None else None
        parsed, held = tree is not None, definition is not None
    else:
        parsed = parses(text, view.language) or _compiler_decides(view.language)
        held = parsed and holds_unchanged(text, view.code, view.language)
    if not parsed:
        raise InvalidAnswerError("does not parse", f"the program is not valid {view.language}")
    if not held:
        raise InvalidAnswerError(
            "original code changed", "the given code may not be changed or defined again"
        )
    return CompletedProgram(text, tree, definition)


def _compiler_decides(programming_language: str) -> bool:
    """Whether a grammar's complaint proves nothing, since a preprocessor comes before the grammar, and a compiler can be asked."""
    return programming_language in ("c", "cpp", "csharp") and toolchain(programming_language).path is not None


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
        tree, wanted = python_tree(program), python_tree(code)
        return tree is not None and wanted is not None and held_definition(tree, wanted) is not None
    if "".join(code.split()) in "".join(program.split()):
        return True
    wanted_tokens, found = _tokens(code, programming_language), _tokens(program, programming_language)
    size = len(wanted_tokens)
    return any(found[i : i + size] == wanted_tokens for i in range(len(found) - size + 1)) if size else False


def held_definition(program: ast.Module, code: ast.Module) -> ast.stmt | None:
    """The last statement of `code` where it stands in a Python program unchanged; None where it doesn't.

    Args:
        program: Tree of the whole program.
        code: Tree of one or more definitions.
    """
    dumps = [ast.dump(node) for node in code.body]
    if not dumps:
        return None
    for block in _blocks(program):
        if _stands_last(block, dumps, code.body):
            return next(node for node in reversed(block) if ast.dump(node) == dumps[-1])
    return None


def _tokens(code: str, programming_language: str) -> list[tuple[str, str]]:
    tree, data = parse(code, programming_language)
    return [
        (kind, data[node.start_byte : node.end_byte].decode("utf-8", "replace"))
        for node, kind in leaves(tree)
    ]


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
