"""Tests as strong models write them, made to run: plain asserts, pytest functions, unittest classes.

    answer ─▶ code block ─▶ imports of the solution removed ─▶ what pytest would call is called at the end

The sandbox has no pytest. Where tests use `pytest.raises`, `approx` or `parametrize`, a small module of
that name is put before them, so that the row's tests need the standard library alone.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection
from dataclasses import dataclass

from codetune.code.parsing import python_tree
from codetune.synth.runtime.answer_parsers import first_json_object
from codetune.synth.runtime.raw_answers import InvalidAnswerError
from codetune.text.fences import fenced_blocks

__all__ = ["RunnableTests", "runnable_tests"]

_RUNNER = re.compile(r"\b(?:unittest|pytest)\.main\(")
_TYPE_ASSERTS = frozenset({"assertIsInstance", "assertIsNotNone", "assertNotIsInstance"})
_PYTEST = """\
import contextlib, math, types


class _Raises(contextlib.AbstractContextManager):
    def __init__(self, kind, match=None):
        self.kind, self.match, self.value = kind, match, None

    def __exit__(self, kind, value, trace):
        assert kind is not None, "did not raise"
        self.value = value
        return issubclass(kind, self.kind)


class _Approx:
    def __init__(self, value, rel=1e-6, abs=1e-12):
        self.value, self.rel, self.abs = value, rel or 1e-6, abs or 1e-12

    def __eq__(self, other):
        pairs = zip(self.value, other) if isinstance(self.value, (list, tuple)) else [(self.value, other)]
        return all(math.isclose(a, b, rel_tol=self.rel, abs_tol=self.abs) for a, b in pairs)


def _parametrize(names, values, **_):
    keys = [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)
    def wrap(function):
        def run():
            for value in values:
                value = getattr(value, "values", value) if type(value).__name__ == "_Param" else value
                function(**dict(zip(keys, value if len(keys) > 1 else [value])))
        run.__name__ = function.__name__
        return run
    return wrap


class _Param:
    def __init__(self, *values, **_):
        self.values = values if len(values) > 1 else values[0]


pytest = types.SimpleNamespace(
    raises=lambda kind, match=None: _Raises(kind, match), approx=_Approx, param=_Param,
    mark=types.SimpleNamespace(parametrize=_parametrize),
)
"""


@dataclass(frozen=True)
class RunnableTests:
    """Tests of some names: runnable Python that uses at least one of them in a test."""

    names: tuple[str, ...]

    @property
    def schema(self) -> None:
        return None

    def parse(self, text: str) -> str:
        """Tests that run after the solution.

        Raises:
            InvalidAnswerError: No code, it does not parse, or nothing of the solution is tested.
        """
        return runnable_tests(_code_of(text), self.names)


def _code_of(text: str) -> str:
    blocks = [b.code for b in fenced_blocks(text) if b.label in ("", "python", "py", "python3")]
    if not blocks and text.lstrip()[:1] in "{`[":
        plain = first_json_object(text).get("tests")
        if isinstance(plain, list) and all(isinstance(line, str) for line in plain):
            return "\n".join(plain)
        if isinstance(plain, str):
            return plain
    return "\n\n".join(block for block in blocks if block.strip()) or text


def runnable_tests(code: str, names: Collection[str]) -> str:
    """Tests with what is needed to run them after the solution.

    Args:
        code: Tests as written.
        names: Functions and classes of the solution.

    Raises:
        InvalidAnswerError: They do not parse, or test nothing of the solution.
    """
    tree = python_tree(code)
    if tree is None:
        raise InvalidAnswerError("tests do not parse", "the tests are not valid Python")
    body = [
        node
        for node in _unguarded(tree.body)
        if not _is_import_of_solution(node) and getattr(node, "name", None) not in names  # the solution again
    ]
    tree = ast.Module(body, [])
    if not _has_test(tree):
        raise InvalidAnswerError("not a test", "there is no assert")
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if not used & set(names):
        raise InvalidAnswerError("not a test", f"the tests do not use {', '.join(names)}")
    if not _checks_value(tree):
        raise InvalidAnswerError("tests check no value", "compare results with what they have to be")
    lines = [_source(code, node) for node in tree.body]
    functions = [n.name for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test")]
    classes = [n for n in tree.body if isinstance(n, ast.ClassDef) and _tests_in(n)]
    lines += [f"{name}()" for name in functions]
    for node in classes:
        if any("TestCase" in ast.unparse(base) for base in node.bases):
            lines.append(
                f"_result = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromTestCase({node.name}))\n"
                "assert _result.wasSuccessful()"
            )
        else:
            lines += [f"{node.name}().{name}()" for name in _tests_in(node)]
    head = _PYTEST + "\n" if "pytest" in used else ""
    return head + "\n".join(lines) + "\n"


def _source(code: str, node: ast.stmt) -> str:
    """A statement's own text, decorators included."""
    if node.col_offset:
        return ast.unparse(node)
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    if "\n".join(code.splitlines()[first - 1 : node.end_lineno]).count(";"):
        return ast.unparse(node)  # several statements may share these lines
    return "\n".join(code.splitlines()[first - 1 : node.end_lineno])


def _tests_in(node: ast.ClassDef) -> list[str]:
    return [n.name for n in node.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test")]


def _is_import_of_solution(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return all(alias.name.split(".")[0] not in sys.stdlib_module_names for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").split(".")[0] not in sys.stdlib_module_names
    return False


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _unguarded(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements with `if __name__ == "__main__":` taken away, but for calls of a test runner."""
    found: list[ast.stmt] = []
    for node in body:
        if not _is_main(node):
            found.append(node)
            continue
        assert isinstance(node, ast.If)
        found += [inner for inner in node.body if not _RUNNER.search(ast.unparse(inner))]
    return found


def _checks_value(tree: ast.Module) -> bool:
    """Whether a test looks at more than types, or than that something comes back."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and not _is_about_type(node.test):
            return True
        if isinstance(node, ast.Attribute) and (
            node.attr == "raises" or (node.attr.startswith("assert") and node.attr not in _TYPE_ASSERTS)
        ):
            return True
    return False


def _is_about_type(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp):
        return all(_is_about_type(value) for value in test.values)
    if isinstance(test, ast.UnaryOp):
        return _is_about_type(test.operand)
    if isinstance(test, ast.Compare):
        sides = (test.left, *test.comparators)
        none = any(isinstance(side, ast.Constant) and side.value is None for side in sides)
        identity = all(isinstance(op, ast.IsNot) for op in test.ops)
        return (none and identity) or all(_calls(side, ("type",)) for side in sides[:1])
    return _calls(test, ("isinstance", "callable", "hasattr", "issubclass"))


def _calls(node: ast.expr, names: Collection[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def _has_test(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Attribute) and (node.attr.startswith("assert") or node.attr == "raises"):
            return True
    return False
