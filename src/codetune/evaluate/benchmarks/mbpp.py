"""MBPP: short Python tasks with three asserts each. Source: Austin et al. 2021, arXiv:2108.07732.

The prompt follows the paper: the statement, and the tests the code has to pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import json_rows, local_file
from codetune.records import Problem

__all__ = ["MBPP", "MBPP_SANITIZED"]

_URL = "https://github.com/google-research/google-research/tree/master/mbpp"
_CALLED = re.compile(
    r"assert\s+(?:\w+\.)*(?:not\s+)?(?:\(?\s*)(?:math\.isclose\(|set\(|round\()?\s*(\w+)\s*\("
)


def _prompt(statement: str, tests: list[str]) -> str:
    return f'"""\n{statement.strip()}\n' + "\n".join(tests) + '\n"""\n'


def _entry_point(tests: list[str]) -> str | None:
    found = _CALLED.search(tests[0]) if tests else None
    return found[1] if found else None


def _read_full(raw: bytes) -> Iterator[Problem]:
    for row in json_rows(raw):
        # Tasks 11 to 510 are the paper's test split; 1 to 10 are the few-shot prompt.
        if 11 <= row["task_id"] <= 510:
            setup = row.get("test_setup_code") or ""
            problem = _problem("mbpp", row["task_id"], row["text"], row["code"], setup, row["test_list"])
            # With one of the tests, after InCoder's example.
            shown = f'"""\n{row["text"]}\n{row["test_list"][0]}\n"""\n'
            yield replace(problem, harness_prompt=shown, harness_prefix=shown)


def _read_sanitized(raw: bytes) -> Iterator[Problem]:
    for row in json_rows(raw):
        if 11 <= row["task_id"] <= 510:
            setup = "\n".join(row.get("test_imports") or [])
            yield _problem(
                "mbpp-sanitized", row["task_id"], row["prompt"], row["code"], setup, row["test_list"]
            )


def _problem(benchmark: str, number: int, statement: str, code: str, setup: str, tests: list[str]) -> Problem:
    return Problem(
        benchmark=benchmark,
        task_id=f"Mbpp/{number}",
        prompt=_prompt(statement, tests),
        tests="\n".join([setup, *tests]) + "\n",
        entry_point=_entry_point(tests),
        canonical_solution=code.replace("\r\n", "\n"),
        cluster=f"Mbpp/{number}",
    )


MBPP = Benchmark(
    name="mbpp",
    title="MBPP",
    licence="CC-BY-4.0",
    url=_URL,
    read=_read_full,
    items=500,
    fields=("task_id", "text", "code", "test_list"),
    find=local_file("mbpp.jsonl", "mbpp/mbpp.jsonl"),
    checksums={
        "ccf64ceae9c5403bf50a044cb6d505bfd2a2963ee58338ba268fd65beab92a9f": "google-research, 974 tasks"
    },
)
MBPP_SANITIZED = Benchmark(
    name="mbpp-sanitized",
    title="MBPP sanitized",
    licence="CC-BY-4.0",
    url=_URL,
    read=_read_sanitized,
    items=257,
    fields=("task_id", "prompt", "code", "test_list"),
    find=local_file("sanitized-mbpp.json", "mbpp/sanitized-mbpp.json"),
    checksums={
        "7fec016546acaee11dbe14f9f0bb670e59f41919f7b522a59fba34871da78551": "google-research, 427 tasks"
    },
)
