"""Code without a name of its language."""

from __future__ import annotations

import pytest

from codetune.code.guessed_language import guessed_language


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("import json\nprint(1)", "python"),
        ("package main\nfunc main() {}\n", "go"),
        ("int f(int a) { return a; }", "c"),
        ("class A { int x; void f() { System.out.println(1); } }", "java"),
        ("using System; class A { string X { get; set; } }", "csharp"),
        ("const f = (a) => a + 1;", "javascript"),
        ("interface A { x: number }", "typescript"),
        ("#include <vector>\nstd::vector<int> a;", "cpp"),
        ("fn main() { let x = 1; }", "rust"),
        ("<?php echo 1;", "php"),
        ("def f\n  puts 1\nend", "ruby"),
        ("hello world this", None),
        ("", None),
    ],
)
def test_the_first_grammar_that_reads_it(code: str, language: str | None) -> None:
    assert guessed_language(code) == language
