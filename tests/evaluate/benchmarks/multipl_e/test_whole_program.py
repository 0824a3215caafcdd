"""Whole programs of chat models meet MultiPL-E's tests: shown-off mains give way, braces fit, imports are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codetune.evaluate.benchmarks.multipl_e.whole_program import joined_with_tests
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.execution.languages.toolchains import toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor
from codetune.records import Verdict

WHOLE = {
    "cpp": "long add(long x, long y) {\n    return x OP y;\n}\n\nint main() {\n    add(1, 2);\n}\n",
    "rs": "fn add(x: isize, y: isize) -> isize {\n    x OP y\n}\n\nfn main() {\n    add(1, 2);\n}\n",
    "java": "class Problem {\n    public static long add(long x, long y) {\n        return x OP y;\n    }\n"
    "    public static void main(String[] args) {\n        add(1, 2);\n    }\n}\n",
    "cs": "class Problem {\n    public static long Add(long x, long y) {\n        return x OP y;\n    }\n"
    "    public static void Main(string[] args) {\n        Add(1, 2);\n    }\n}\n",
    "go": 'package main\n\nimport "testing"\n\nfunc add(x int, y int) int {\n    return x OP y\n}\n\n'
    'func TestAdd(t *testing.T) {\n    if add(1, 1) != 3 {\n        t.Fatal("its own test is wrong")\n    }\n}\n\n'
    "func main() {\n    TestAdd(nil)\n}\n",
    "js": "const assert = require('assert');\nfunction add(x, y) {\n    return x OP y;\n}\n\nfunction test() {}\n",
    "ts": "function add(x: number, y: number): number {\n    return x OP y;\n}\nfunction test() {}\n",
    "sh": "#!/bin/bash\nadd() {\n    local x=${1//${3:-#}/}\n    echo $((x OP $2))\n}\n\n# for example:\n# add 1 2\n",
    "php": "<?php\nfunction add($x, $y) {\n    return $x OP $y;\n}\nfunction test() {}\n?>\n",
    "rb": "def add(x, y)\n  x OP y\nend\n",
}


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    opened = open_executor(1)
    yield opened
    opened.close()


@pytest.mark.parametrize("suffix", WHOLE)
def test_a_whole_right_program_passes_and_a_wrong_one_fails(
    suffix: str, shared_data: Path, executor: Executor
) -> None:
    chosen = benchmark(f"multipl-e-humaneval-{suffix}")
    if toolchain(chosen.language).version is None:
        pytest.skip(f"no toolchain of {chosen.language} here")
    problems = chosen.load(shared_data / "multipl_e" / f"humaneval-{suffix}.jsonl")
    problem = next(p for p in problems if p.task_id == "HumanEval_53_add")
    texts = [WHOLE[suffix].replace("OP", sign) for sign in "+-"]
    runs = list(executor.run(chosen.program(problem, text, chosen.limits) for text in texts))
    assert [run.verdict for run in runs] == [Verdict.PASS, Verdict.WRONG], runs[0].stderr


def test_a_function_the_program_itself_uses_does_not_give_way() -> None:
    code = "function test(x) { return x; }\nfunction f(x) { return test(x); }\n"
    kept, _ = joined_with_tests(code, "", "function test() { f(1); }\ntest();", "f", "javascript")
    assert kept == code


def test_a_method_without_its_class_gets_the_prompts() -> None:
    code = "public static long add(long x, long y) {\n    return x + y;\n}\n"
    prompt = "import java.util.*;\nclass Problem {\n    public static long add(long x, long y) {\n"
    tests = "    }\n    public static void main(String[] args) {\n    assert(add(1, 2) == 3);\n    }\n\n}\n"
    program = "".join(joined_with_tests(code, prompt, tests, "add", "java"))
    assert program.startswith("import java.util.*;\nclass Problem {")
    assert program.count("{") == program.count("}")


@pytest.mark.parametrize(
    ("name", "suffix", "entry"),
    [("HumanEval_12_longest", "cs", "Longest"), ("HumanEval_46_fib4", "cs", "Fib4"),
     ("HumanEval_23_strlen", "cpp", "string_length")],
)  # fmt: skip
def test_the_entry_is_the_function_not_a_word_of_a_comment(
    name: str, suffix: str, entry: str, shared_data: Path
) -> None:
    problems = benchmark(f"multipl-e-humaneval-{suffix}").load(
        shared_data / "multipl_e" / f"humaneval-{suffix}.jsonl"
    )
    assert next(p.entry_point for p in problems if p.task_id == name) == entry
