"""EvalPlus: base and added inputs against a reference, its tolerances and its oracles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from codetune.errors import DataError
from codetune.evaluate.benchmarks.evalplus.check import base_tests, test_program
from codetune.evaluate.benchmarks.evalplus.inputs import mbpp_inputs
from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.scoring.count_samples import count_samples
from codetune.evaluate.scoring.run_samples import run_samples
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor, Program
from codetune.records import Completion, Problem, Verdict
from codetune.text.extract import Extraction

make_tests = test_program
make_tests.__test__ = False  # type: ignore[attr-defined]  # not a test of its own


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    opened = open_executor(1)
    yield opened
    opened.close()


def run(code: str, tests: str, executor: Executor) -> Verdict:
    return next(iter(executor.run([Program(id="one", code=code, tests=tests)]))).verdict


REFERENCE = "def double(x):\n    return x * 2\n"


def test_added_inputs_find_what_base_inputs_miss(executor: Executor) -> None:
    tests = make_tests("double", REFERENCE, [[1], [2]], [[3]], atol=0)
    lucky = "def double(x):\n    return {1: 2, 2: 4}.get(x)\n"
    assert run(REFERENCE, tests, executor) is Verdict.PASS
    assert run(lucky, tests, executor) is Verdict.WRONG
    assert run(lucky, base_tests(tests), executor) is Verdict.PASS


@pytest.mark.parametrize(
    ("answer", "atol", "verdict"),
    [
        ("x * 2 + 1e-9", 0, Verdict.PASS),  # floats are close by themselves
        ("x * 2 + 1e-3", 0, Verdict.WRONG),
        ("x * 2 + 1e-3", 0.01, Verdict.PASS),
        ("str(x * 2)", 0.01, Verdict.WRONG),
    ],
)
def test_tolerance(answer: str, atol: float, verdict: Verdict, executor: Executor) -> None:
    tests = make_tests("double", REFERENCE, [[1.5]], [], atol=atol)
    assert run(f"def double(x):\n    return {answer}\n", tests, executor) is verdict


def test_an_item_with_an_oracle_takes_every_right_answer(executor: Executor) -> None:
    reference = "def find_zero(xs):\n    return 1.0\n"
    tests = make_tests("find_zero", reference, [[[-1, 0, 1]]], [], atol=1e-4)
    assert run("def find_zero(xs):\n    return -1.0\n", tests, executor) is Verdict.PASS
    assert run("def find_zero(xs):\n    return 0.5\n", tests, executor) is Verdict.WRONG


def test_inputs_that_the_reference_refuses(executor: Executor) -> None:
    reference = "def double(x):\n    assert x > 0\n    return x * 2\n"
    wrong_below = "def double(x):\n    return x * 2 if x > 0 else None\n"
    skipping = make_tests("double", reference, [[1]], [[-1]], atol=0, skips_invalid=True)
    assert run(wrong_below, skipping, executor) is Verdict.PASS


def test_types_that_json_lacks() -> None:
    assert mbpp_inputs("Mbpp/2", [[[1, 2], [3]]]) == [[(1, 2), (3,)]]
    assert mbpp_inputs("Mbpp/252", [["1+2j"]]) == [[1 + 2j]]
    assert mbpp_inputs("Mbpp/115", [[[[1, 1], []]]]) == [[[{1}, {}]]]
    assert mbpp_inputs("Mbpp/3", [[[1, 2]]]) == [[[1, 2]]]


def test_two_scores_of_one_run(executor: Executor) -> None:
    problem = Problem(
        benchmark="humaneval+",
        task_id="HumanEval/0",
        prompt="",
        tests=make_tests("double", REFERENCE, [[1], [2]], [[3]], atol=0),
        entry_point="double",
    )
    lucky = Completion(task_id="HumanEval/0", text="def double(x):\n    return {1: 2, 2: 4}.get(x)\n")
    empty = Completion(task_id="HumanEval/0", sample=1, text="")
    rows = list(
        run_samples(
            [(problem, lucky), (problem, empty)],
            benchmark=benchmark("humaneval+"),
            reader=lambda _, text, lenient: Extraction(text, "whole-text"),
            executor=executor,
        )
    )
    assert [(row.verdict, row.base_verdict) for row in rows] == [
        (Verdict.WRONG, Verdict.PASS),
        (Verdict.NO_CODE, Verdict.NO_CODE),
    ]
    score = count_samples(rows[:1], [problem], k=[1])
    assert score.pass_at_k[1].value == 0
    assert score.base_pass_at_k[1].value == 1


def test_a_released_layout_is_read_but_not_under_another_checksum(tmp_path: Path) -> None:
    row = {
        "task_id": "HumanEval/0", "prompt": "def double(x):\n", "entry_point": "double",
        "canonical_solution": "    return x * 2\n", "base_input": [[1]], "plus_input": [[2]], "atol": 0,
    }  # fmt: skip
    path = tmp_path / "HumanEvalPlus.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError, match="not a known edition"):
        benchmark("humaneval+").load(path)
    (problem,) = benchmark("humaneval+").read(path.read_bytes())
    assert problem.canonical_solution == "    return x * 2\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "file"), [("humaneval+2023-04", "HumanEvalPlus.jsonl"), ("mbpp+2023-11", "MbppPlus.jsonl.gz")]
)
def test_every_canonical_solution_passes(
    name: str, file: str, shared_data: Path, executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODETUNE_DATA", str(shared_data))
    chosen = benchmark(name)
    problems = chosen.load(shared_data / "evalplus" / file)
    programs = (chosen.program(p, f"{p.prompt}{p.canonical_solution}", chosen.limits) for p in problems)
    runs = executor.run(programs)
    failed = {
        p.task_id: run.detail
        for p, run in zip(problems, runs, strict=True)
        if run.verdict is not Verdict.PASS
    }
    assert failed == {}
