"""Programs that read and print: one compilation, a box a case, compared outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codetune.execution import box_executor
from codetune.execution.host.probe import probe
from codetune.execution.languages.toolchains import LANGUAGES, toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Case, Execution, Executor, Limits, Program
from codetune.records import Verdict

LIMITS = Limits(cpu_seconds=5, wall_seconds=30)
CASES = tuple(Case(stdin=f"{n}\n", expected_stdout=f"{2 * n}\n") for n in (1, 21, -4))
# Reads a whole number, prints twice as much.
TWICE = {
    "python": "print(2 * int(input()))",
    "javascript": "console.log(2 * Number(require('fs').readFileSync(0, 'utf8')));",
    "typescript": "declare var require: any;\nconsole.log(2 * Number(require('fs').readFileSync(0, 'utf8')));",
    "java": "import java.util.*;\npublic class Main { public static void main(String[] a) {\n"
    "  System.out.println(2 * new Scanner(System.in).nextInt()); } }",
    "go": 'package main\nimport "fmt"\nfunc main() { var n int; fmt.Scan(&n); fmt.Println(2 * n) }',
    "rust": "use std::io;\nfn main() { let mut s = String::new(); io::stdin().read_line(&mut s).unwrap();\n"
    '  println!("{}", 2 * s.trim().parse::<i64>().unwrap()); }',
    "c": '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d\\n", 2 * n); return 0; }',
    "cpp": "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << 2 * n << '\\n'; }",
    "csharp": "using System;\nclass P { static void Main() { Console.WriteLine(2 * int.Parse(Console.ReadLine())); } }",
    "ruby": "puts 2 * gets.to_i",
    "php": '<?php\necho 2 * (int) trim(fgets(STDIN)), "\\n";',
    "bash": "read n; echo $((2 * n))",
}


@pytest.fixture(scope="module", params=["standard", "strict"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    with open_executor(2, test_isolation=request.param) as opened:
        yield opened


def run(executor: Executor, code: str, cases: tuple[Case, ...] = CASES, **more: object) -> Execution:
    (execution,) = executor.run([Program(id="x", code=code, cases=cases, limits=LIMITS, **more)])  # type: ignore[arg-type]
    return execution


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_reads_real_pipes(executor: Executor, language: str) -> None:
    if toolchain(language).path is None:
        pytest.skip(f"no toolchain for {language}")
    execution = run(executor, TWICE[language], language=language)
    assert execution.verdict is Verdict.PASS, execution.detail + execution.stderr
    wrong = run(executor, TWICE[language].replace("2 *", "2 +"), language=language)
    assert wrong.verdict is Verdict.WRONG
    assert wrong.detail.startswith("case 1 of 3: ")


@pytest.mark.parametrize(
    "code",
    [
        "import sys\nfor line in sys.stdin: print(2 * int(line))",
        "import sys\nsys.stdout.buffer.write(b'%d\\n' % (2 * int(sys.stdin.buffer.readline())))",
        "n = int(open(0).read())\ndef main():\n    global n\n    n *= 2\n    print(n)\nmain()",
        "import sys\nprint(2 * int(sys.stdin.read()), end='')\nsys.exit(0)",
        "import os\nos.write(1, b'%d' % (2 * int(os.read(0, 99))))",
        "if __name__ == '__main__':\n    print(2 * int(input()))",
        "import threading\nthreading.Thread(target=lambda: print(2 * int(input()))).start()",
    ],
)
def test_idioms_of_contests(executor: Executor, code: str) -> None:
    assert run(executor, code).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("code", "verdict", "detail"),
    [
        ("n = int(input())\nprint(2 * n if n > 0 else 0)", Verdict.WRONG, "case 3 of 3: "),
        ("n = int(input())\nprint(2 * n)\nassert n > 0", Verdict.WRONG, "case 3 of 3: "),
        ("n = int(input())\nprint(2 * n)\n1 / (n + 4)", Verdict.RUNTIME, "case 3 of 3: ZeroDivisionError"),
        ("import sys\nprint(2 * int(input()))\nsys.exit(3)", Verdict.EARLY_EXIT, "case 1 of 3: "),
        ("print(", Verdict.COMPILE, "SyntaxError"),
        ("", Verdict.NO_CODE, ""),
    ],
)
def test_the_first_case_that_fails_decides(
    executor: Executor, code: str, verdict: Verdict, detail: str
) -> None:
    execution = run(executor, code)
    assert execution.verdict is verdict
    assert execution.detail.startswith(detail)


def test_cases_know_nothing_of_one_another(executor: Executor) -> None:
    code = "import os\nfound = os.path.exists('seen')\nopen('seen', 'w').close()\nprint(found)"
    cases = (Case(stdin="", expected_stdout="False"),) * 3
    assert run(executor, code, cases).verdict is Verdict.PASS


def test_many_programs_with_cases_keep_their_order(executor: Executor) -> None:
    programs = [
        Program(id=str(n), code=TWICE["python"] if n % 3 else "print(0)", cases=CASES, limits=LIMITS)
        for n in range(40)
    ]
    executions = list(executor.run(programs))
    assert [execution.id for execution in executions] == [str(n) for n in range(40)]
    assert all((e.verdict is Verdict.PASS) == (int(e.id) % 3 > 0) for e in executions)


@pytest.mark.parametrize(
    ("expected", "printed", "comparison", "verdict"),
    [
        ("1 2\n3", "1 2 \n3\n\n", "lines", Verdict.PASS),
        ("1 2\n3", "1\n2 3", "lines", Verdict.WRONG),
        ("1 2\n3", "1\n2 3", "tokens", Verdict.PASS),
        ("0.5", "0.500001", "tokens", Verdict.WRONG),
        ("0.5", "0.500001", "values", Verdict.PASS),
        ("0.5", "0.5001", "values", Verdict.WRONG),
        ("YES", "yes", "values", Verdict.PASS),
        ("1000000000000000001", "1000000000000000002", "values", Verdict.WRONG),
        ("nan", "1", "values", Verdict.WRONG),
        ("1 2", "1", "values", Verdict.WRONG),
    ],
)
def test_comparisons(
    executor: Executor, expected: str, printed: str, comparison: str, verdict: Verdict
) -> None:
    cases = (Case(stdin="", expected_stdout=expected),)
    assert run(executor, f"print({printed!r})", cases, comparison=comparison).verdict is verdict


def test_a_missing_toolchain_skips(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = toolchain("ruby").__class__("ruby", "ruby", None, None, "apt-get install ruby")
    monkeypatch.setattr(box_executor, "toolchain", lambda language: gone)
    execution = run(executor, TWICE["ruby"], language="ruby")
    assert execution.verdict is Verdict.SKIPPED


def test_the_cache_knows_the_cases(tmp_path: Path) -> None:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    with open_executor(1, cache=tmp_path / "verdicts.sqlite") as opened:
        assert run(opened, TWICE["python"]).verdict is Verdict.PASS
        assert run(opened, TWICE["python"]).verdict is Verdict.PASS
        other = (*CASES, Case(stdin="1", expected_stdout="3"))
        assert run(opened, TWICE["python"], other).verdict is Verdict.WRONG
        loose = (Case(stdin="1", expected_stdout="2.0"),)
        assert run(opened, TWICE["python"], loose).verdict is Verdict.WRONG
        assert run(opened, TWICE["python"], loose, comparison="values").verdict is Verdict.PASS
