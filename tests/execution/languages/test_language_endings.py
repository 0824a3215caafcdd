"""Every language: a pass, a wrong answer, an early exit, a crash, something that doesn't compile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from codetune.execution.host.probe import probe
from codetune.execution.languages.toolchains import LANGUAGES, toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Verdict

LIMITS = Limits(cpu_seconds=5, wall_seconds=30)

# language -> (code with %s where the function's body goes, tests, right body, wrong body, leave early, crash, broken)
PROGRAMS: dict[str, tuple[str, str, str, str, str, str, str]] = {
    "python": ("def f(x):\n    %s", "assert f(2) == 4", "return x * 2", "return x", "import sys; sys.exit(0)",
               "return x.no", "return ("),
    "javascript": ("function f(x) { %s }", "const assert = require('node:assert');\nassert.deepEqual(f(2), 4);",
                   "return x * 2", "return x", "process.exit(0)", "return x.no.no", "return ("),
    "typescript": ("declare var require: any; declare var process: any;\nfunction f(x: number): number { %s }",
                   "const assert = require('node:assert');\nassert.deepEqual(f(2), 4);",
                   "return x * 2", "return x", "process.exit(0)", "return (x as any).no.no", "return ("),
    "java": ("class Problem { static int f(int x) { %s }",
             "public static void main(String[] args) { assert(f(2) == 4); } }",
             "return x * 2;", "return x;", "System.exit(0); return 4;", "return x / 0;", "return (;"),
    "go": ("package f_test\nimport (\"testing\"; \"os\")\nvar _ = os.Exit\nvar zero = 0\nfunc f(x int) int { %s }",
           "func TestF(t *testing.T) { if f(2) != 4 { t.Fatalf(\"wrong\") } }",
           "return x * 2", "return x", "os.Exit(0); return 4", "return x / zero", "return ("),
    "rust": ("fn f(x: i32) -> i32 { %s }", "fn main() { assert_eq!(f(2), 4); }",
             "x * 2", "x", "if x > 0 { std::process::exit(0); } 4", "let v: Vec<i32> = vec![]; v[x as usize]", "("),
    "c": ("#include <assert.h>\n#include <stdlib.h>\nint f(int x) { %s }", "int main(void) { assert(f(2) == 4); return 0; }",
          "return x * 2;", "return x;", "exit(0);", "abort();", "return (;"),
    "cpp": ("#include <cassert>\n#include <bits/stdc++.h>\nint f(int x) { %s }", "int main() { assert(f(2) == 4); }",
            "return x * 2;", "return x;", "std::exit(0);", "throw 1;", "return (;"),
    "csharp": ("using System; using System.Diagnostics;\nclass Problem { public static int f(int x) { %s }",
               "public static void Main(string[] args) { Debug.Assert(f(2) == 4); } }",
               "return x * 2;", "return x;", "Environment.Exit(0); return 4;", "return x / (x - 2);", "return (;"),
    "ruby": ("def f(x)\n  %s\nend", "require 'test/unit'\nclass T < Test::Unit::TestCase\n"
             "  def test_f\n    assert_equal(4, f(2))\n  end\nend",
             "x * 2", "x", "exit!(0)", "Process.kill(:SEGV, $$); sleep", "("),
    "php": ("<?php\nfunction f($x) { %s }", "if (f(2) !== 4) { throw new Exception('Test failed!'); }",
            "return $x * 2;", "return $x;", "exit(0);", "return $x->no();", "return (;"),
    "bash": ("f() { %s; }", "set -e\n[[ $(f 2) = 4 ]]\nf 2 > /dev/null",
             "echo $(($1 * 2))", "echo $1", "echo 4; exit 0", "echo 4; kill -SEGV $$", "if"),
}  # fmt: skip
ENDINGS = [Verdict.PASS, Verdict.WRONG, Verdict.EARLY_EXIT, Verdict.RUNTIME, Verdict.COMPILE]
# A script's syntax is only seen when it is loaded.
NO_COMPILER = ("javascript", "ruby", "php", "bash")


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    with open_executor(2) as opened:
        yield opened


def needs(language: str) -> None:
    tools = toolchain(language)
    if tools.path is None:
        pytest.skip(f"{language}: {tools.command} is not installed ({tools.install})")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ending_in_every_language(executor: Executor, language: str) -> None:
    needs(language)
    code, tests, *bodies = PROGRAMS[language]
    programs = [
        Program(id=str(n), language=language, code=code.replace("%s", body), tests=tests, limits=LIMITS)
        for n, body in enumerate(bodies)
    ]
    expected = list(ENDINGS)
    if language in NO_COMPILER:
        expected[-1] = Verdict.RUNTIME
    executions = list(executor.run(programs))
    assert [e.verdict for e in executions] == expected, "\n".join(map(str, executions))


HELLO: dict[str, str] = {
    "python": "print(int(input()) * 2)",
    "javascript": "console.log(Number(require('fs').readFileSync(0, 'utf8')) * 2)",
    "typescript": "declare var require: any;\nconsole.log(Number(require('fs').readFileSync(0, 'utf8')) * 2)",
    "java": "public class Twice { public static void main(String[] a) {\n"
    "System.out.println(new java.util.Scanner(System.in).nextInt() * 2); } }",
    "go": 'package main\nimport "fmt"\nfunc main() { var x int; fmt.Scan(&x); fmt.Println(x * 2) }',
    "rust": "fn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();\n"
    'println!("{}", s.trim().parse::<i32>().unwrap() * 2); }',
    "c": '#include <stdio.h>\nint main(void) { int x; scanf("%d", &x); printf("%d\\n", x * 2); return 0; }',
    "cpp": "#include <iostream>\nint main() { int x; std::cin >> x; std::cout << x * 2 << std::endl; }",
    "csharp": "using System; class P { static void Main() { Console.WriteLine(int.Parse(Console.ReadLine()) * 2); } }",
    "ruby": "puts gets.to_i * 2",
    "php": "<?php\necho intval(fgets(STDIN)) * 2;",
    "bash": "read x; echo $((x * 2))",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_stdin_to_stdout_in_every_language(executor: Executor, language: str) -> None:
    needs(language)
    programs = [
        Program(
            id="", language=language, code=HELLO[language], stdin="21\n", expected_stdout=out, limits=LIMITS
        )
        for out in ("42\n", "43")
    ]
    assert [e.verdict for e in executor.run(programs)] == [Verdict.PASS, Verdict.WRONG]


def test_an_unknown_or_missing_language_is_skipped_not_failed(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codetune.execution.languages import toolchains

    monkeypatch.setitem(toolchains._TOOLS, "ruby", ("no-such-ruby", (), (), "apt install ruby"))
    toolchain.cache_clear()
    try:
        cobol, ruby = executor.run(
            [Program(id="1", language="cobol", code="x"), Program(id="2", language="ruby", code="x")]
        )
    finally:
        toolchain.cache_clear()
    assert cobol.verdict is Verdict.SKIPPED and "cobol" in cobol.detail
    assert ruby.verdict is Verdict.SKIPPED and "apt install ruby" in ruby.detail


def test_what_failed_is_said_by_the_line_that_names_it(executor: Executor) -> None:
    needs("javascript")
    program = Program(id="x", language="javascript", code="nothingOfTheKind()", limits=LIMITS)
    (execution,) = executor.run([program])
    assert execution.detail == "ReferenceError: nothingOfTheKind is not defined"


ENDS_BEFORE_ITS_TESTS = {
    "javascript": "function f(x) { return x; }\nreturn;",
    "ruby": "def f(x)\n  x\nend\n__END__",
    "ruby, returning": "def f(x)\n  x\nend\nreturn",
    "php": "<?php\nfunction f($x) { return $x; }\nreturn;",
    "php, printing": "<?php\nfunction f($x) { return $x; }\n?>\nAnd so on.",
    "php, halted": "<?php\nfunction f($x) { return $x; }\n__halt_compiler();",
    "bash": "f() { echo $1; }\nreturn 0",
    "bash, in a text": "f() { echo $1; }\n: <<'NOBODY CLOSES THIS'",
}


@pytest.mark.parametrize("case", ENDS_BEFORE_ITS_TESTS)
def test_a_script_that_ends_in_front_of_its_tests_has_not_passed_them(executor: Executor, case: str) -> None:
    language = case.partition(",")[0]
    needs(language)
    tests = PROGRAMS[language][1]
    program = Program(id="x", language=language, code=ENDS_BEFORE_ITS_TESTS[case], tests=tests, limits=LIMITS)
    (execution,) = executor.run([program])
    assert execution.verdict is Verdict.EARLY_EXIT


def test_php_that_closes_itself_is_tested_all_the_same(executor: Executor) -> None:
    needs("php")
    code, tests, *_ = PROGRAMS["php"]
    programs = [
        Program(id=body, language="php", code=f"{code.replace('%s', body)}\n?>\n", tests=tests, limits=LIMITS)
        for body in (PROGRAMS["php"][2], PROGRAMS["php"][3])
    ]
    assert [e.verdict for e in executor.run(programs)] == [Verdict.PASS, Verdict.WRONG]


def test_php_has_the_extensions_that_programs_count_on(executor: Executor) -> None:
    needs("php")
    program = Program(
        id="x", language="php", code="<?php\nif (!ctype_alpha('abc')) exit(1);", tests="", limits=LIMITS
    )
    (execution,) = executor.run([program])
    assert execution.verdict is Verdict.PASS, execution.detail


@pytest.mark.parametrize("language", ["javascript", "typescript"])
def test_tests_that_end_without_a_semicolon_are_run(executor: Executor, language: str) -> None:
    needs(language)
    tests = "const test = () => { if (f(1) !== 2) throw new Error('wrong'); }\ntest()"
    programs = [
        Program(id=body, language=language, code=f"function f(x) {{ {body} }}", tests=tests, limits=LIMITS)
        for body in ("return x + 1;", "return x;")
    ]
    assert [e.verdict for e in executor.run(programs)] == [Verdict.PASS, Verdict.RUNTIME]


def test_another_attempt_is_a_run_of_what_was_compiled(executor: Executor) -> None:
    needs("c")
    code = '#include <stdio.h>\n#include <time.h>\nint main(void) { printf("%s " __TIME__ "\\n", "made at"); return 0; }'
    program = Program(id="a", language="c", code=code, limits=LIMITS)
    first, again = executor.run([program]), executor.run([replace(program, attempt=1)])
    assert [ran.stdout for ran in first] == [ran.stdout for ran in again]
