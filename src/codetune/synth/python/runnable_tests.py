"""Tests as strong models write them, made to run: plain asserts, pytest functions, unittest classes.

    answer ─▶ code block ─▶ imports of the solution removed ─▶ what pytest would call is called at the end

The sandbox has no pytest. Tests that need more of it than plain calls get `pytest_stand_in` put before them,
so that the row's tests need the standard library alone. Tests that are skipped or expected to fail are taken out.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib import resources

from codetune.code.parsing import python_tree
from codetune.synth.runtime.answer_parsers import first_json_object
from codetune.synth.runtime.raw_answers import InvalidAnswerError
from codetune.text.fences import fenced_blocks

__all__ = ["RunnableTests", "runnable_tests"]

_RUNNER = re.compile(r"\b(?:unittest|pytest)\.main\(")
_TYPE_ASSERTS = frozenset({"assertIsInstance", "assertIsNotNone", "assertNotIsInstance"})
_NOT_RUN = re.compile(
    r"\bmark\.(?:skip|skipif|xfail)\b|^(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b"
)
_HOOKS = re.compile(r"(?:setup|teardown)_(?:module|function|class|method)$")


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
        for node in map(_without_skipped, _unguarded(tree.body))
        if node is not None
        and not _is_import_of_solution(node)
        and getattr(node, "name", None) not in names  # the solution again
    ]
    tree = ast.Module(body, [])
    if not _has_test(tree):
        raise InvalidAnswerError("not a test", "there is no assert")
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if used & {"eval", "exec"}:  # calls as texts
        used |= {word for text in _strings(tree) for word in re.findall(r"\w+", text)}
    if not used & set(names):
        raise InvalidAnswerError("not a test", f"the tests do not use {', '.join(names)}")
    if not _checks_value(tree):
        raise InvalidAnswerError("tests check no value", "compare results with what they have to be")
    lines = [_of_pytest(node) or _source(code, node) for node in tree.body]
    whole = _needs_pytest(tree)
    for node in tree.body:
        if isinstance(node, _FUNCTIONS) and node.name.startswith("test"):
            lines.append(f"run_test({node.name!r}, globals())" if whole else f"{node.name}()")
        elif isinstance(node, ast.ClassDef) and _is_test_case(node):
            lines.append(
                f"_result = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromTestCase({node.name}))\n"
                "assert _result.wasSuccessful() and _result.testsRun"
            )
        elif isinstance(node, ast.ClassDef):
            calls = (f"run_test({name!r}, globals(), {node.name!r})" if whole else f"{node.name}().{name}()" for name in _tests_in(node))  # fmt: skip
            lines.extend(calls)
    return (_stand_in() + "\n" if whole else "") + "\n".join(lines) + "\n"


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def _stand_in() -> str:
    """The text of `pytest_stand_in`, without what may only stand at the beginning of a program."""
    text = resources.files("codetune.synth.python").joinpath("pytest_stand_in.py").read_text("utf-8")
    body = [node for node in ast.parse(text).body[1:] if not _is_future(node)]
    return "\n".join(text.splitlines()[body[0].lineno - 1 :]) + "\n"


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _of_pytest(node: ast.stmt) -> str | None:
    """An import of pytest, made of the stand-in; empty text where the name is there already."""
    if isinstance(node, ast.Import) and [alias.name for alias in node.names] == ["pytest"]:
        return f"{node.names[0].asname or 'pytest'} = pytest"
    if isinstance(node, ast.ImportFrom) and node.module == "pytest":
        return "; ".join(f"{alias.asname or alias.name} = pytest.{alias.name}" for alias in node.names)
    return None


def _needs_pytest(tree: ast.Module) -> bool:
    """Whether a plain call of each test would not do: pytest's names, arguments, async tests, hooks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "pytest":
            return True
        if isinstance(node, ast.Import | ast.ImportFrom) and _of_pytest(node) is not None:
            return True
        if isinstance(node, _FUNCTIONS) and _HOOKS.match(node.name):
            return True
    tests = [node for node in tree.body if isinstance(node, _FUNCTIONS)]
    for owner in tree.body:
        if isinstance(owner, ast.ClassDef) and not _is_test_case(owner):
            tests += [node for node in owner.body if isinstance(node, _FUNCTIONS)]
    return any(
        isinstance(node, ast.AsyncFunctionDef)
        or any(
            a.arg not in ("self", "cls")
            for a in node.args.args[: len(node.args.args) - len(node.args.defaults)]
        )
        for node in tests
        if node.name.startswith("test")
    )


def _without_skipped(node: ast.stmt) -> ast.stmt | None:
    """A statement without tests that are skipped, or expected to fail; None where nothing is left."""
    decorators = [ast.unparse(d) for d in getattr(node, "decorator_list", ())]
    if any(_NOT_RUN.search(text) for text in decorators):
        return None
    if isinstance(node, ast.ClassDef):
        node.body = [inner for inner in map(_without_skipped, node.body) if inner is not None]
        return node if node.body else None
    return node


def _strings(tree: ast.Module) -> list[str]:
    return [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _is_test_case(node: ast.ClassDef) -> bool:
    return any("TestCase" in ast.unparse(base) for base in node.bases)


def _source(code: str, node: ast.stmt) -> str:
    """A statement's own text, decorators included."""
    if node.col_offset or isinstance(node, ast.ClassDef):
        return ast.unparse(node)  # a class may have lost a test
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    if "\n".join(code.splitlines()[first - 1 : node.end_lineno]).count(";"):
        return ast.unparse(node)  # several statements may share these lines
    return "\n".join(code.splitlines()[first - 1 : node.end_lineno])


def _tests_in(node: ast.ClassDef) -> list[str]:
    return [n.name for n in node.body if isinstance(n, _FUNCTIONS) and n.name.startswith("test")]


def _is_import_of_solution(node: ast.stmt) -> bool:
    if _of_pytest(node) is not None:
        return False
    if _is_future(node):
        return True  # it may stand at the beginning of a program alone, and tests come after the solution
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
