"""Programs that read and print, functions that are called, and packed tests."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from codetune.errors import DataError
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor
from codetune.records import Verdict


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    opened = open_executor(1)
    yield opened
    opened.close()


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def written(path: Path, row: dict[str, object]) -> Path:
    path.write_text(json.dumps(row) + "\n")
    return path


def test_stdin_with_packed_tests(tmp_path: Path, executor: Executor) -> None:
    private = packed(json.dumps([{"input": "2 3\n", "output": "5", "testtype": "stdin"}]))
    row = {
        "question_id": "1_A", "question_content": "Add two numbers.", "starter_code": "", "difficulty": "easy",
        "public_test_cases": json.dumps([{"input": "1 1\n", "output": "2\n", "testtype": "stdin"}]),
        "private_test_cases": private,
    }  # fmt: skip
    chosen = benchmark("live-code-bench")
    (problem,) = chosen.load(written(tmp_path / "lcb.jsonl", row))
    assert problem.groups == ("difficulty=easy",)
    programs = ["print(sum(map(int, input().split())))", "print(2)"]
    verdicts = [
        run.verdict for run in executor.run(chosen.program(problem, p, chosen.limits) for p in programs)
    ]
    assert verdicts == [Verdict.PASS, Verdict.WRONG]  # the second passes the public test alone


def test_functions(tmp_path: Path, executor: Executor) -> None:
    row = {
        "question_id": "1", "question_content": "Add.", "starter_code": "class Solution:\n", "private_test_cases": "",
        "public_test_cases": [{"input": "[1, 2]\n3", "output": "[1, 2, 3]", "testtype": "functional"}],
        "metadata": json.dumps({"func_name": "put"}),
    }  # fmt: skip
    chosen = benchmark("live-code-bench")
    (problem,) = chosen.load(written(tmp_path / "lcb.jsonl", row))
    programs = [
        "class Solution:\n    def put(self, xs, x):\n        return xs + [x]\n",
        "class Solution:\n    def put(self, xs, x):\n        return xs\n",
    ]
    verdicts = [
        run.verdict for run in executor.run(chosen.program(problem, p, chosen.limits) for p in programs)
    ]
    assert verdicts == [Verdict.PASS, Verdict.WRONG]


def test_packed_tests_call_nothing(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "touched",))

    row = {
        "question_id": "1",
        "question_content": "",
        "public_test_cases": "[]",
        "private_test_cases": packed(Bomb()),
    }
    with pytest.raises(DataError, match="may only hold text"):
        benchmark("live-code-bench").load(written(tmp_path / "lcb.jsonl", row))
    assert not (tmp_path / "touched").exists()


def test_deepminds_layout(tmp_path: Path, executor: Executor) -> None:
    tests = {"input": ["3\n"], "output": ["9\n"]}
    row = {
        "name": "square", "description": "Square a number.", "public_tests": tests,
        "private_tests": {"input": ["4\n"], "output": ["16\n"]}, "generated_tests": {"input": [], "output": []},
        "solutions": {"language": [2, 3], "solution": ["c++", "print(int(input()) ** 2)"]},
    }  # fmt: skip
    chosen = benchmark("code-contests")
    (problem,) = chosen.load(written(tmp_path / "cc.jsonl", row))
    assert problem.canonical_solution is not None
    programs = [problem.canonical_solution, "print(9)"]
    verdicts = [
        run.verdict for run in executor.run(chosen.program(problem, p, chosen.limits) for p in programs)
    ]
    assert verdicts == [Verdict.PASS, Verdict.WRONG]
