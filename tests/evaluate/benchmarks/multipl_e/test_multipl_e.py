"""MultiPL-E: a right continuation passes and a wrong one fails, in every language that can be run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codetune.evaluate.benchmarks.multipl_e.java import with_tuples
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.execution.languages.toolchains import toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor
from codetune.records import Verdict

ADD = {
    "cpp": "    return x OP y;",
    "cs": "        return x OP y;",
    "go": "    return x OP y\n}\n",
    "java": "        return x OP y;",
    "js": "    return x OP y;\n}\n",
    "php": "    return $x OP $y;\n}\n",
    "rb": "  x OP y\nend\n",
    "rs": "    x OP y",
    "sh": "    echo $(($1 OP $2))",
    "ts": "    return x OP y;\n}\n",
}
"""The body of HumanEval_53_add up to the stop token of the language."""
CLOSED = {"cpp": "\n}", "rs": "\n}", "java": "\n    }\n}", "cs": "\n    }\n}", "sh": "\n}"}
"""What a whole program writes, and a continuation leaves to the tests."""


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    opened = open_executor(1)
    yield opened
    opened.close()


@pytest.mark.parametrize("suffix", ADD)
def test_right_passes_and_wrong_fails(suffix: str, shared_data: Path, executor: Executor) -> None:
    chosen = benchmark(f"multipl-e-humaneval-{suffix}")
    if toolchain(chosen.language).version is None:
        pytest.skip(f"no toolchain of {chosen.language} here")
    problems = chosen.load(shared_data / "multipl_e" / f"humaneval-{suffix}.jsonl")
    problem = next(p for p in problems if p.task_id == "HumanEval_53_add")
    right = problem.prompt + ADD[suffix].replace("OP", "+")
    texts = [right, problem.prompt + ADD[suffix].replace("OP", "-")]
    if suffix in CLOSED:
        texts.append(right + CLOSED[suffix])
    verdicts = [
        execution.verdict
        for execution in executor.run(chosen.program(problem, text, chosen.limits) for text in texts)
    ]
    assert verdicts[0] is Verdict.PASS
    assert verdicts[1] is Verdict.WRONG
    assert verdicts[2:] in ([], [Verdict.PASS])  # a whole program has closed what the tests close


def test_java_tuples_are_written_only_where_named() -> None:
    code, tests = with_tuples("import org.javatuples.*;\nclass Problem {", "  Pair.with(1, 2)\n}")
    assert "org.javatuples" not in code
    assert "class Pair<T0, T1>" in tests
    assert "class Triplet" not in tests


@pytest.mark.slow
@pytest.mark.parametrize("source", ["humaneval", "mbpp"])
def test_java_programs_compile_but_for_their_missing_body(
    source: str, shared_data: Path, executor: Executor
) -> None:
    """A body that only throws compiles with every test of the file, and passes none."""
    chosen = benchmark(f"multipl-e-{source}-java")
    problems = chosen.load(shared_data / "multipl_e" / f"{source}-java.jsonl")
    programs = [
        chosen.program(p, f"{p.prompt}        throw new RuntimeException();", chosen.limits) for p in problems
    ]
    verdicts = {p.task_id: run.verdict for p, run in zip(problems, executor.run(programs), strict=True)}
    assert {task for task, verdict in verdicts.items() if verdict is Verdict.COMPILE} == set()
    assert Verdict.PASS not in verdicts.values()
