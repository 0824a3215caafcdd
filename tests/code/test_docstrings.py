"""Docstrings taken out of Python code."""

from __future__ import annotations

import ast

import pytest

from codetune.code.docstrings import without_docstring


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f():\n    '''x\n    y'''\n    return 1\n", "def f():\n    return 1\n"),
        ("def f(): 'x'; return 1", "def f(): return 1"),
        ("def f():\n    'x'", "def f():\n    pass"),
        ("def f():\n    return 1\n", "def f():\n    return 1\n"),
        ("class A:\n    'é'; b = 1\n", "class A:\n    b = 1\n"),
        ("import a\n\ndef f():\n    'x'\n\n    return a\n", "import a\n\ndef f():\n    return a\n"),
        (
            "@d\nasync def f():\n    # c\n    'x'\n    return 1\n",
            "@d\nasync def f():\n    # c\n    return 1\n",
        ),
    ],
)
def test_documentation_can_be_taken_out(code: str, expected: str) -> None:
    assert without_docstring(code, "python") == expected
    ast.parse(without_docstring(code, "python"))


@pytest.mark.parametrize(
    ("code", "language"),
    [("def f(:\n    'x'", "python"), ("x = 'y'", "python"), ("/** x */ int f() {}", "java"), ("", "python")],
)
def test_code_without_a_docstring_is_given_back(code: str, language: str) -> None:
    assert without_docstring(code, language) == code
