"""Layout is told from meaning."""

from __future__ import annotations

import pytest

from codetune.code.same_program import same_program


@pytest.mark.parametrize(
    ("a", "b", "language", "same"),
    [
        ("f(a, b)", "f(\n    a,\n    b\n)  # both", "python", True),
        ("if a:\n    b()\nc()", "if a:\n    b()\n    c()", "python", False),
        ("x = (", "x = (\n\n", "python", True),
        ("x = (", "y = (", "python", False),
        ("f(a);", "f(\n  a\n);", "javascript", True),
        ("f(a);", "f(b);", "javascript", False),
        ("a", "a", "cobol", False),
        ("a", "a", None, False),
    ],
)
def test_only_layout_may_differ(a: str, b: str, language: str | None, same: bool) -> None:
    assert same_program(a, b, language) is same
