"""What is public says what it is, and names only arguments that it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "codetune"
MODULES = sorted(SOURCE.rglob("*.py"))

_SECTION = re.compile(r"^(?P<name>Args|Attributes):\n(?P<body>(?:[ ]+.*\n?|\n)*)", re.M)

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_definitions(tree: ast.Module) -> Iterator[Definition]:
    """Public classes and functions of a module; methods implement what a class or protocol describes."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


def documented_names(docstring: str) -> list[str]:
    """Names under `Args:` and `Attributes:`."""
    names: list[str] = []
    for section in _SECTION.finditer(docstring + "\n"):
        lines = [line for line in section["body"].splitlines() if line.strip()]
        if not lines:
            continue
        indent = min(len(line) - len(line.lstrip()) for line in lines)
        for line in lines:
            if len(line) - len(line.lstrip()) == indent and ":" in line:
                names += [name.strip(" *`") for name in line.split(":")[0].split("(")[0].split(",")]
    return names


def known_names(node: Definition) -> set[str]:
    """Parameters of a function; of a class, those of `__init__`, its fields and what it sets on itself."""
    if not isinstance(node, ast.ClassDef):
        arguments = node.args
        every = [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ]
        return {argument.arg for argument in every if argument is not None}
    names: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef):
            names |= {inner.name, *(known_names(inner) if inner.name == "__init__" else ())}
        elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
            names.add(inner.target.id)
        elif isinstance(inner, ast.Name | ast.Attribute) and isinstance(inner.ctx, ast.Store):
            names.add(inner.id if isinstance(inner, ast.Name) else inner.attr)
    return names


def faults_of(source: str) -> list[str]:
    """What is missing or stale in a module."""
    tree = ast.parse(source)
    faults = [] if ast.get_docstring(tree) else ["the module has no docstring"]
    for node in public_definitions(tree):
        docstring = ast.get_docstring(node)
        if not docstring:
            faults.append(f"{node.name} (line {node.lineno}) has no docstring")
            continue
        stale = set(documented_names(docstring)) - known_names(node)
        faults += [
            f"{node.name} (line {node.lineno}) documents {name}, which it does not have"
            for name in sorted(stale)
        ]
    return faults


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_what_is_public_is_documented(module: Path) -> None:
    assert faults_of(module.read_text("utf-8")) == []


def test_a_missing_and_a_stale_docstring_are_found() -> None:
    source = '''
def shown(a, *, b, **rest):
    """Do it.

    Args:
        a: One.
        b, rest: Others; a colon: here
            nested: more.
        gone: Was renamed.

    Returns:
        other: nothing.
    """

class Thing:
    """A thing.

    Attributes:
        held: What it holds.
        lost: What it does not.
    """
    def __init__(self): self.held = 1

def silent(): pass

def _private(): pass
'''
    assert faults_of(source) == [
        "the module has no docstring",
        "shown (line 2) documents gone, which it does not have",
        "Thing (line 15) documents lost, which it does not have",
        "silent (line 24) has no docstring",
    ]


def test_every_module_of_the_package_is_checked() -> None:
    import pkgutil

    import codetune

    importable = {module.name for module in pkgutil.walk_packages(codetune.__path__, "codetune.")}
    checked = {".".join(["codetune", *path.relative_to(SOURCE).with_suffix("").parts]) for path in MODULES}
    assert importable <= {name.removesuffix(".__init__") for name in checked}
