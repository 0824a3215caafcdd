from __future__ import annotations

import pytest

from codetune.execution.languages.joined import joined


def test_imports_of_both_come_first_and_only_the_tests_have_an_entry() -> None:
    code = "package a.b;\nimport java.util.*;\npublic class A {\n  public static void main(String[] a) {}\n}"
    tests = "import java.util.List;\npublic class Tests {\n  public static void main(String[] a) {}\n}"
    first, second = joined(code, tests, "java")
    assert first.startswith("import java.util.*;\nimport java.util.List;\n") and "package" not in first
    assert "void mainOfAnswer(" in first and "void main(" in second and "public class" not in first + second


def test_an_entry_stays_where_the_tests_have_none() -> None:
    assert joined("int main() { return f(); }", "// nothing", "cpp")[0] == "int main() { return f(); }"
    assert "main_of_answer()" in joined("int main() { return f(); }", "int main() {}", "cpp")[0]


def test_go_answers_lose_their_main_and_share_imports() -> None:
    first, second = joined(
        'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println(1)\n}',
        'package main\n\nimport "testing"\n\nfunc TestA(t *testing.T) {}',
        "go",
    )
    assert "func mainOfAnswer()" in first and '"testing"' in first and "import" not in second


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ("export default function f() {}", "function f() {}"),
        ("export { f };\nfunction f() {}", "\nfunction f() {}"),
        ('import assert from "node:assert";', 'const assert = require("node:assert");'),
        ("import { a as b } from 'x';", "const { a: b } = require('x');"),
        ("module.exports = { f };", ""),
    ],
)
def test_modules_of_javascript_become_scripts(code: str, plain: str) -> None:
    assert joined(code, "", "javascript")[0] == plain


def test_python_and_ruby_are_left_alone() -> None:
    for language in ("python", "ruby", "bash"):
        assert joined("code", "tests", language) == ("code", "tests")
