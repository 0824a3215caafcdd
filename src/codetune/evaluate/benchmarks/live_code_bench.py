"""LiveCodeBench and files like it: programs that read and print, and functions. arXiv:2403.07974.

Rows have `question_id`, `question_content`, `starter_code`, `public_test_cases` and, where the file
holds them, `private_test_cases`; tests are JSON of `{"input", "output", "testtype"}` with `stdin` or
`functional`. Private tests are packed as the publisher packs them (base64 of zlib of a pickled
text), and unpacked without running anything. Editions follow one another, so any file whose rows fit
is taken and the score keeps its checksum.
"""

from __future__ import annotations

import base64
import io
import json
import pickle
import zlib
from collections.abc import Iterator
from typing import Any

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import json_rows, local_file
from codetune.evaluate.benchmarks.stdin_tests import as_calls, as_cases, contest_program, contest_request
from codetune.execution.protocol import Limits
from codetune.records import Problem

__all__ = ["LIVE_CODE_BENCH"]


class _TextOnly(pickle.Unpickler):
    """A pickle may name any function to be called; this one calls none."""

    def find_class(self, module: str, name: str) -> Any:
        raise ValueError(f"the packed tests name {module}.{name}, and may only hold text")


def _tests(packed: str | list[dict[str, str]]) -> list[dict[str, str]]:
    if isinstance(packed, list):
        return packed
    if not packed.strip():
        return []
    if packed.lstrip().startswith("["):
        return list(json.loads(packed))
    inner = zlib.decompress(base64.b64decode(packed))
    found = _TextOnly(io.BytesIO(inner)).load()
    return list(json.loads(found) if isinstance(found, str) else found)


def _read(raw: bytes) -> Iterator[Problem]:
    for row in json_rows(raw):
        tests = _tests(row["public_test_cases"]) + _tests(row.get("private_test_cases") or "[]")
        if not tests:
            raise ValueError(f"{row['question_id']} has no tests")
        starter = row.get("starter_code") or ""
        request = contest_request(row["question_content"], starter)
        functional = tests[0]["testtype"] == "functional"
        yield Problem(
            benchmark="live-code-bench",
            task_id=str(row["question_id"]),
            prompt=f"{request}\n\n",
            prefix="",
            instruction=request,
            tests=_calls(row, tests) if functional else as_cases((t["input"], t["output"]) for t in tests),
            entry_point=_function(row) if functional else None,
            canonical_solution=row.get("canonical_solution"),
            cluster=str(row["question_id"]),
            groups=tuple(f"{key}={row[key]}" for key in ("difficulty", "platform") if row.get(key)),
        )


def _function(row: dict[str, Any]) -> str:
    given = row.get("metadata") or "{}"
    metadata = json.loads(given) if isinstance(given, str) else given
    return str(metadata["func_name"])


def _calls(row: dict[str, Any], tests: list[dict[str, str]]) -> str:
    """A call's arguments stand one on a line, each as JSON."""
    return as_calls(
        _function(row),
        (
            (
                [json.loads(line) for line in test["input"].split("\n") if line.strip()],
                json.loads(test["output"]),
            )
            for test in tests
        ),
    )


LIVE_CODE_BENCH = Benchmark(
    name="live-code-bench",
    title="LiveCodeBench, and stdin/stdout files like it",
    licence="CC-BY-4.0 (statements belong to the contest sites)",
    url="https://github.com/LiveCodeBench/LiveCodeBench",
    read=_read,
    fields=("question_id", "question_content", "public_test_cases"),
    find=local_file("live_code_bench.jsonl", "livecodebench/test.jsonl"),
    pinned=False,
    program=contest_program,
    limits=Limits(cpu_seconds=10.0),
    max_new_tokens=2048,
)
