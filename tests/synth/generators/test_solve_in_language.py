"""solve-and-test in ten languages with a scripted teacher and the real sandbox: what is kept, and why not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.synth.conftest import instruction

from codetune.code.parsing import parses
from codetune.execution.languages.toolchains import Toolchain, toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor
from codetune.synth.generators import solve_in_language
from codetune.synth.languages.written_tests import TESTED_LANGUAGES

SOLUTIONS = {
    "javascript": "export function clamp(x, low, high) {\n  if (x < low) return low;\n  if (x > high) return high;\n  return x;\n}",
    "typescript": "export function clamp(x: number, low: number, high: number): number {\n  if (x < low) return low;\n"
                  "  if (x > high) return high;\n  return x;\n}",
    "java": "import java.util.*;\n\npublic class Bounds {\n    public static int clamp(int x, int low, int high) {\n"
            "        if (x < low) return low;\n        if (x > high) return high;\n        return x;\n    }\n\n"
            "    public static void main(String[] args) { System.out.println(clamp(1, 2, 3)); }\n}",
    "go": 'package main\n\nimport "fmt"\n\nfunc Clamp(x, low, high int) int {\n\tif x < low {\n\t\treturn low\n\t}\n'
          "\tif x > high {\n\t\treturn high\n\t}\n\treturn x\n}\n\nfunc main() {\n\tfmt.Println(Clamp(1, 2, 3))\n}",
    "rust": "pub fn clamp(x: i32, low: i32, high: i32) -> i32 {\n    if x < low {\n        return low;\n    }\n"
            "    if x > high {\n        return high;\n    }\n    x\n}\n\nfn main() {}",
    "cpp": "#include <vector>\n\nint clamp(int x, int low, int high) {\n  if (x < low) return low;\n  if (x > high) return high;\n  return x;\n}",
    "c": "int clamp(int x, int low, int high) {\n  if (x < low) return low;\n  if (x > high) return high;\n  return x;\n}",
    "csharp": "using System;\n\npublic static class Bounds\n{\n    public static int Clamp(int x, int low, int high)\n    {\n"
              "        if (x < low) return low;\n        if (x > high) return high;\n        return x;\n    }\n}",
    "php": "<?php\nfunction clamp($x, $low, $high) {\n    if ($x < $low) return $low;\n    if ($x > $high) return $high;\n    return $x;\n}",
    "ruby": "def clamp(x, low, high)\n  return low if x < low\n  return high if x > high\n  x\nend",
}  # fmt: skip
_CALLS = (("-5, 0, 9", "0"), ("12, 0, 9", "9"), ("4, 0, 9", "4"), ("0, 0, 9", "0"))


def checks(form: str) -> str:
    return "\n".join(form.format(arguments=arguments, value=value) for arguments, value in _CALLS)


TESTS = {
    "javascript": 'import assert from "node:assert";\n' + checks("assert.strictEqual(clamp({arguments}), {value});"),
    "typescript": 'import assert from "node:assert";\n' + checks("assert.strictEqual(clamp({arguments}), {value});"),
    "java": "import java.util.Objects;\n\npublic class Tests {\n    public static void main(String[] args) {\n"
            + checks("        if (!Objects.equals(Bounds.clamp({arguments}), {value})) throw new AssertionError();") + "\n    }\n}",
    "go": 'package main\n\nimport "testing"\n\nfunc TestClamp(t *testing.T) {\n\tcases := []struct{ x, low, high, want int }{\n'
          + checks("\t\t{{{arguments}, {value}}},")
          + '\n\t}\n\tfor _, c := range cases {\n\t\tif got := Clamp(c.x, c.low, c.high); got != c.want {\n\t\t\tt.Errorf("%v", got)\n\t\t}\n\t}\n}',
    "rust": "#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn bounds() {\n"
            + checks("        assert_eq!(clamp({arguments}), {value});") + "\n    }\n}",
    "cpp": "#include <cassert>\n\nint main() {\n" + checks("  assert(clamp({arguments}) == {value});") + "\n}",
    "c": "#include <assert.h>\n\nint main(void) {\n" + checks("  assert(clamp({arguments}) == {value});") + "\n  return 0;\n}",
    "csharp": "using System.Collections.Generic;\n\nclass Tests\n{\n    static void Main()\n    {\n"
              + checks('        if (Bounds.Clamp({arguments}) != {value}) throw new System.Exception("wrong");') + "\n    }\n}",
    "php": "<?php\n" + checks("assert(clamp({arguments}) === {value});"),
    "ruby": checks('raise "wrong" unless clamp({arguments}) == {value}'),
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Executor]:
    executor = open_executor(2)
    yield executor
    executor.close()


def made(
    make_context, sandbox, written_in: str, answer_code: str, tests: str, *, language: str = "en", **options
):
    def answer(request):
        is_tests = (
            "You write tests" in request.messages[0].content or "编写测试" in request.messages[0].content
        )
        return f"```{written_in}\n{tests if is_tests else answer_code}\n```"

    built, context, model = make_context(
        "solve-and-test", answer, executor=sandbox, options={"mutants": 3, **options}, profile="strong", retries=0,
        language=language,
    )  # fmt: skip
    row = instruction("Write a function that keeps a number within bounds.", programming_language=written_in)
    return asyncio.run(built.make((row,), context)), model


def runnable(language: str) -> None:
    if toolchain(language).path is None:
        pytest.skip(f"no toolchain for {language}")


@pytest.mark.parametrize("language", TESTED_LANGUAGES)
def test_a_right_solution_with_tests_that_bite_is_kept(make_context, sandbox, language: str) -> None:
    runnable(language)
    shard, _ = made(make_context, sandbox, language, SOLUTIONS[language], TESTS[language])
    assert not shard.rejected, (shard.rejected[0].reason, shard.rejected[0].detail)
    (row,) = shard.kept
    assert row.programming_language == language and row.output.strip() == SOLUTIONS[language].strip()
    found = {check.check: check for check in row.lineage.checks}
    assert found["empty body fails"].verdict == found["mutation score"].verdict == "passed", found
    assert found["mutation score"].detail.startswith(("2 of", "3 of")), found["mutation score"]


@pytest.mark.parametrize("language", ["javascript", "go", "java"])
def test_tests_that_pass_on_anything_and_wrong_solutions_have_their_reasons(
    make_context, sandbox, language: str
) -> None:
    runnable(language)
    tests = TESTS[language]
    anything = {
        "javascript": 'import assert from "node:assert";\nassert.ok(typeof clamp(1, 2, 3) !== "string");',
        "java": "class Tests { public static void main(String[] a) { Bounds.clamp(1, 2, 3); assert true; } }",
        "go": 'package main\n\nimport "testing"\n\nfunc TestClamp(t *testing.T) {\n\tif Clamp(1, 2, 3) > 99 {\n\t\tt.Fatal()\n\t}\n}',
    }[language]
    wrong = SOLUTIONS[language].replace("return high", "return low")
    silent = {
        "javascript": "console.log(clamp(1, 2, 3)); // assert",
        "java": "class Tests { public static void main(String[] a) { Bounds.clamp(1, 2, 3); } }",
        "go": 'package main\n\nimport "testing"\n\nfunc TestClamp(t *testing.T) {\n\tClamp(1, 2, 3)\n}',
    }[language]
    cases = (
        (SOLUTIONS[language], anything, "tests can't fail"),
        (wrong, tests, "tests fail"),
        (SOLUTIONS[language], silent, "not a test"),
        (SOLUTIONS[language], "((((", "tests do not parse"),
    )
    for solution, given, reason in cases:
        shard, _ = made(make_context, sandbox, language, solution, given)
        assert [row.reason for row in shard.rejected] == [reason], (given, shard.rejected)


def test_a_missing_toolchain_is_told_before_anything_is_asked(make_context, sandbox, monkeypatch) -> None:
    absent = Toolchain("java", "javac", None, None, "apt install default-jdk-headless")
    monkeypatch.setattr(solve_in_language, "toolchain", lambda language: absent)
    shard, model = made(make_context, sandbox, "java", "", "")
    (row,) = shard.rejected
    assert (row.reason, row.detail) == (
        "toolchain not found",
        "javac is not installed; run: apt install default-jdk-headless",
    )
    assert not model.asked


def test_languages_that_cannot_be_run_and_recorded_values_are_refused(make_context, sandbox) -> None:
    shard, _ = made(make_context, sandbox, "haskell", "", "")
    assert shard.rejected[0].reason == "language not supported"
    shard, _ = made(make_context, sandbox, "go", "", "", solution="given", expected="record")
    assert shard.rejected[0].detail == "values are recorded for Python alone"


def test_tests_with_a_framework_are_told_apart(make_context, sandbox) -> None:
    runnable("java")
    junit = "import org.junit.Test;\nclass Tests { @Test void a() { assert Bounds.clamp(1, 2, 3) == 2; } public static void main(String[] a) {} }"
    shard, _ = made(make_context, sandbox, "java", SOLUTIONS["java"], junit)
    assert shard.rejected[0].reason == "tests need a framework"


def test_the_prompts_are_also_in_chinese(make_context, sandbox) -> None:
    runnable("javascript")
    shard, model = made(
        make_context, sandbox, "javascript", SOLUTIONS["javascript"], TESTS["javascript"], language="zh"
    )
    assert shard.kept and "语言：JavaScript" in model.asked[-1].messages[-1].content


def test_a_solution_that_only_its_compiler_reads_is_not_rejected_by_the_grammar(
    make_context, sandbox
) -> None:
    runnable("cpp")
    head = "#define EACH for (;;)\nint first() { EACH { break; } return 1; }\n"
    assert not parses(head + SOLUTIONS["cpp"], "cpp")
    built, context, _ = make_context(
        "solve-and-test", lambda request: f"```cpp\n{TESTS['cpp']}\n```", executor=sandbox, profile="strong",
        options={"solution": "given", "mutants": 1}, retries=0,
    )  # fmt: skip
    row = instruction("Limit.", output=head + SOLUTIONS["cpp"], programming_language="cpp")
    shard = asyncio.run(built.make((row,), context))
    assert not shard.rejected, shard.rejected
