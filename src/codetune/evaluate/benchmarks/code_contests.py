"""CodeContests: contest problems with many tests. Source: Li et al. 2022, arXiv:2203.07814.

Two layouts are read: DeepMind's fields (`description`, `public_tests`, `private_tests`,
`generated_tests`, `solutions`), and the repackaging that bytedance/SandboxFusion carries.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import json_rows, local_file
from codetune.evaluate.benchmarks.stdin_tests import as_cases, contest_program, contest_request
from codetune.execution.protocol import Limits
from codetune.records import Problem

__all__ = ["CODE_CONTESTS"]

_PYTHON3 = 3
"""The code of Python 3 in DeepMind's `solutions.language`."""


def _read(raw: bytes) -> Iterator[Problem]:
    for row in json_rows(raw):
        yield _repackaged(row) if "content" in row else _original(row)


def _repackaged(row: dict[str, Any]) -> Problem:
    labels = json.loads(row["labels"])
    cases = [(case["input"]["stdin"], case["output"]["stdout"]) for case in json.loads(row["test"])]
    return _problem(
        f"CodeContests/{row['id']}",
        row["content"],
        cases,
        [f"difficulty={labels['difficulty'].lower()}"],
        None,
    )


def _original(row: dict[str, Any]) -> Problem:
    cases = [
        case
        for kind in ("public_tests", "private_tests", "generated_tests")
        for case in zip(row[kind]["input"], row[kind]["output"], strict=True)
    ]
    solutions = row.get("solutions") or {"language": [], "solution": []}
    python = [
        text
        for language, text in zip(solutions["language"], solutions["solution"], strict=True)
        if language == _PYTHON3
    ]
    return _problem(row["name"], row["description"], cases, [], python[0] if python else None)


def _problem(
    task_id: str, statement: str, cases: list[tuple[str, str]], groups: list[str], solution: str | None
) -> Problem:
    request = contest_request(statement)
    return Problem(
        benchmark="code-contests",
        task_id=task_id,
        prompt=f"{request}\n\n",
        prefix="",
        instruction=request,
        tests=as_cases(cases),
        canonical_solution=solution,
        cluster=task_id,
        groups=tuple(groups),
    )


CODE_CONTESTS = Benchmark(
    name="code-contests",
    title="CodeContests",
    licence="CC-BY-4.0",
    url="https://github.com/google-deepmind/code_contests",
    download="https://github.com/bytedance/SandboxFusion/raw/main/sandbox/tests/datasets/samples/"
    "code_eval_code_contests.jsonl",
    read=_read,
    checksums={
        "e286e28fe9d118f34580a36627ddd4f9105d651ef81c22f4cca406c96f94ac8f": "20 problems, as "
        "bytedance/SandboxFusion carries them"
    },
    fields=("name", "description", "public_tests", "private_tests", "generated_tests"),
    find=local_file("code_eval_code_contests.jsonl", "code_contests/code_eval_code_contests.jsonl"),
    pinned=False,
    program=contest_program,
    limits=Limits(cpu_seconds=10.0),
    max_new_tokens=2048,
)
