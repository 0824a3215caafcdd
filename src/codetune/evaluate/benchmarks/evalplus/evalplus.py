"""HumanEval+ and MBPP+: the old items with many more inputs. Source: Liu et al. 2023, arXiv:2305.01210.

Two scores come of one run: the leading one asks for the base inputs and the added ones, the one
named `base` for the base inputs alone. Expected values are the reference solution's, computed beside
the answer. The files that circulated before the releases are benchmarks of their own, under names
that say so: they have other inputs, other references and, for MBPP, 21 more items.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import DataFile, json_rows, local_file
from codetune.evaluate.benchmarks.evalplus.check import base_tests, test_program
from codetune.evaluate.benchmarks.evalplus.inputs import TOO_SLOW, mbpp_inputs
from codetune.evaluate.benchmarks.humaneval import HUMANEVAL
from codetune.execution.protocol import Limits, Program
from codetune.records import Problem

__all__ = ["HUMANEVAL_PLUS", "HUMANEVAL_PLUS_2023_04", "MBPP_PLUS", "MBPP_PLUS_2023_11"]

_URL = "https://github.com/evalplus"
_LIMITS = Limits(cpu_seconds=20.0)
"""The reference is run too, and some inputs are large."""


def _with_base(problem: Problem, solution: str, limits: Limits) -> Program:
    return Program(
        id=problem.task_id,
        code=solution,
        tests=base_tests(problem.tests),
        language=problem.programming_language,
        limits=limits,
    )


def _problem(benchmark: str, row: dict[str, Any], tests: str) -> Problem:
    return Problem(
        benchmark=benchmark,
        task_id=row["task_id"],
        prompt=row["prompt"],
        tests=tests,
        entry_point=row["entry_point"],
        canonical_solution=row["canonical_solution"],
        cluster=row["task_id"],
    )


def _read_humaneval(raw: bytes) -> Iterator[Problem]:
    for row in json_rows(raw):
        tests = test_program(
            row["entry_point"],
            row["prompt"] + row["canonical_solution"],
            row["base_input"],
            list(row["plus_input"]),
            atol=row["atol"],
        )
        yield _problem("humaneval+", row, tests)


def _read_mbpp(raw: bytes) -> Iterator[Problem]:
    for row in json_rows(raw):
        yield _problem("mbpp+", row, _mbpp_tests(row, list(row["plus_input"])))


def _read_early_mbpp(raw: bytes) -> Iterator[Problem]:
    for row in json_rows(raw):
        slow = TOO_SLOW.get(row["task_id"], ())
        plus = [args for number, args in enumerate(row["plus_input"]) if number not in slow]
        yield _problem("mbpp+2023-11", row, _mbpp_tests(row, plus))


def _mbpp_tests(row: dict[str, Any], plus: list[Any]) -> str:
    return test_program(
        row["entry_point"],
        row["prompt"] + row["canonical_solution"],
        mbpp_inputs(row["task_id"], row["base_input"]),
        mbpp_inputs(row["task_id"], plus),
        atol=row["atol"],
    )


def _read_early_humaneval(raw: bytes, inputs: bytes, original: bytes) -> Iterator[Problem]:
    added = {row["task_id"]: row["inputs"] for row in json_rows(inputs)}
    for number, (old, row) in enumerate(zip(json_rows(original), json_rows(raw), strict=True)):
        tests = test_program(
            old["entry_point"],
            f"{old['prompt']}\n{row['contract']}{row['reference']}",
            row["base_input"],
            added.get(f"HumanEval_{number}", []),
            atol=row["atol"],
            skips_invalid=True,
        )
        yield _problem("humaneval+2023-04", old, tests)


HUMANEVAL_PLUS = Benchmark(
    name="humaneval+",
    title="HumanEval+",
    licence="Apache-2.0",
    url=f"{_URL}/humanevalplus_release",
    download=f"{_URL}/humanevalplus_release/releases/download/v0.1.10/HumanEvalPlus.jsonl.gz",
    read=_read_humaneval,
    items=164,
    checksums={
        "272720b90ac375502c8ed23cd791c2a93dfb22a911641a494da74a426c09f101": "v0.1.10",
        "42526ec0e7d5f3ee0b06d6ced98f8c8bae3d76519151bfb3d36f79010645bd7f": "v0.1.10",
    },
    fields=("task_id", "prompt", "entry_point", "canonical_solution", "base_input", "plus_input", "atol"),
    find=local_file("HumanEvalPlus-v0.1.10.jsonl", "evalplus/HumanEvalPlus-v0.1.10.jsonl"),
    base=_with_base,
    limits=_LIMITS,
)
MBPP_PLUS = Benchmark(
    name="mbpp+",
    title="MBPP+",
    licence="Apache-2.0",
    url=f"{_URL}/mbppplus_release",
    download=f"{_URL}/mbppplus_release/releases/download/v0.2.0/MbppPlus.jsonl.gz",
    read=_read_mbpp,
    items=378,
    checksums={
        "af43697e8791c4c149bdfd6b489d8b5412507551ac20e28a439f650b8225db63": "v0.2.0",
        "b54e762755248ca411b523c917fa9f93c07b5ff2966bf60b3917b853926a3dad": "v0.2.0",
    },
    fields=HUMANEVAL_PLUS.fields,
    find=local_file("MbppPlus-v0.2.0.jsonl", "evalplus/MbppPlus-v0.2.0.jsonl"),
    base=_with_base,
    limits=_LIMITS,
)
HUMANEVAL_PLUS_2023_04 = Benchmark(
    name="humaneval+2023-04",
    title="HumanEval+ before its release (April 2023)",
    licence="Apache-2.0",
    url=f"{_URL}/evalplus/blob/8939a533d9fb/HumanEvalPlus.jsonl",
    read=_read_early_humaneval,
    items=164,
    checksums={
        "e7679ee8a7b2a02a53d7e0ef111208e71faf1de3eb0e654057f9a64b980a254a": "evalplus, 2023-04-26, with "
        "the inputs of 2023-04-22 that its contracts allow"
    },
    fields=("contract", "reference", "base_input", "atol"),
    find=local_file("HumanEvalPlus.jsonl", "evalplus/HumanEvalPlus.jsonl"),
    companions=(
        DataFile(
            title="HumanEval+'s inputs of April 2023",
            url=f"{_URL}/evalplus/blob/8eb389d6ca70/HumanEvalPlusInputs.jsonl",
            checksums={"6720b862bf81586ac969128ecd05611091443b248c94d0d18677fb50d1e53a26": "2023-04-22"},
            find=local_file(
                "HumanEvalPlusInputs.jsonl",
                "HumanEvalPlusInputs.jsonl.gz",
                "evalplus/HumanEvalPlusInputs.jsonl.gz",
            ),
            fields=("task_id", "inputs"),
            names=("HumanEvalPlusInputs.jsonl", "HumanEvalPlusInputs.jsonl.gz"),
        ),
        HUMANEVAL.data,
    ),
    base=_with_base,
    limits=_LIMITS,
)
MBPP_PLUS_2023_11 = Benchmark(
    name="mbpp+2023-11",
    title="MBPP+ before its release (November 2023)",
    licence="Apache-2.0",
    url=f"{_URL}/evalplus/blob/767efcc368e0/MbppPlus.jsonl",
    read=_read_early_mbpp,
    items=399,
    checksums={
        "08405a4e8764a4941cfe0945d25a956355a0454f364ea902c4020a44e7057973": "evalplus, 2023-11-16, without "
        "the added inputs that its references need seconds for"
    },
    fields=(*HUMANEVAL_PLUS.fields, "assertion"),
    find=local_file("MbppPlus.jsonl", "MbppPlus.jsonl.gz", "evalplus/MbppPlus.jsonl.gz"),
    base=_with_base,
    limits=_LIMITS,
)
