from __future__ import annotations

import pytest
from tests.synth.languages.programs_in_languages import CLAMP, program

from codetune.code.parsing import parses
from codetune.synth.languages.given_code import given_code
from codetune.synth.languages.probes import probed

CALLS = ("5, 0, 3",)


@pytest.mark.parametrize("language", CLAMP)
def test_the_code_is_found_emptied_made_to_fail_and_replaced(language: str) -> None:
    text = program(language, CALLS)
    indented = "\n".join(f"   {line}" for line in text.splitlines())
    for whole in (text, indented):
        given = given_code(whole, CLAMP[language], language)
        assert given is not None
        held = given.program[given.start : given.end].decode()
        assert "".join(held.split()) == "".join(CLAMP[language].split())
        bare, failing = given.emptied(), given.failing()
        assert bare is not None and failing is not None
        assert parses(bare, language) and parses(failing, language)
        assert "low" in failing and "return x" not in bare
        assert given.replaced("REPLACED").count("REPLACED") == 1


def test_only_the_given_code_is_emptied() -> None:
    text = (
        "function helper(x) { return x + 1; }\nfunction f(x) { return helper(x); }\nconsole.log(f(1), 'é');\n"
    )
    given = given_code("// é\n" + text, "function f(x) { return helper(x); }", "javascript")
    assert given is not None
    assert given.emptied() == "// é\n" + text.replace("{ return helper(x); }", "{ }")


def test_imports_that_only_the_body_used_go_with_it() -> None:
    code = "func Up(text string) string {\n\treturn strings.ToUpper(text)\n}"
    text = f'package main\n\nimport (\n\t"fmt"\n\t"strings"\n)\n\n{code}\n\nfunc main() {{\n\tfmt.Println(Up("a"))\n}}\n'
    given = given_code(text, code, "go")
    assert given is not None and (bare := given.emptied()) is not None
    assert '"fmt"' in bare and '"strings"' not in bare


def test_a_constructor_that_calls_another_fails_behind_it() -> None:
    code = "Box(int size) {\n    super();\n    this.size = size;\n}"
    given = given_code(f"class Box {{ int size;\n{code}\n}}", code, "java")
    assert given is not None and given.emptied() is None
    assert "super();if (true) throw" in str(given.failing())


def test_code_that_is_not_there_is_not_found() -> None:
    assert given_code("function g() {}", "function f() {}", "javascript") is None
    assert given_code("function g() {}", " ", "javascript") is None


@pytest.mark.parametrize("language", CLAMP)
def test_marks_stand_at_the_entry_and_behind_both_conditions(language: str) -> None:
    given = given_code(program(language, CALLS), CLAMP[language], language)
    assert given is not None
    marked = probed(given, "mark abc ")
    assert marked is not None and parses(marked.text, language), marked and marked.text
    assert marked.outcomes == {2, 3, 4, 5}
    assert marked.seen("x\nmark abc 0\nmark abc 4\nmark abd 5\n") == (True, 1)
    assert marked.seen("mark abc 50\n") == (False, 0)
    entry = probed(given, "mark abc ", conditions=False)
    assert entry is not None and not entry.outcomes


@pytest.mark.parametrize(
    ("language", "code", "outcomes"),
    [
        ("java", "static int f(Object o) { if (o instanceof String s) return s.length(); while (true) { return 1; } }", 0),
        ("rust", "fn f(o: Option<i32>) -> i32 { if let Some(x) = o { x } else { loop {} } }", 0),
        ("csharp", "static int F(object o) { if (o is string s) return 1; for (int i = 0; i < 3; i++) { } return 2; }", 2),
        ("cpp", "int f(int a) { if (auto x = a * 2; x > 4) return 1; do { a++; } while (a < 9); return a; }", 4),
        ("ruby", "def f(a)\n  a += 1 while a < 3\n  return 1 unless a == 3\n  a\nend", 4),
        ("php", "function f($a) { if ($a > 1) { return 1; } elseif ($a < 0) { return 2; } return 3; }", 4),
        ("javascript", "const f = (list) => list.filter((x) => { if (x > 1) { return true; } return false; });", 2),
        ("go", "func F(a int) int {\n\tfor i := 0; i < 3; i++ {\n\t\ta++\n\t}\n\tfor a < 9 {\n\t\ta++\n\t}\n\treturn a\n}", 2),
    ],
)  # fmt: skip
def test_conditions_that_bind_names_or_never_change_are_left_alone(
    language: str, code: str, outcomes: int
) -> None:
    given = given_code(code, code, language)
    assert given is not None
    marked = probed(given, "mark abc ")
    assert marked is not None and len(marked.outcomes) == outcomes, marked
