"""A benchmark: functions to complete, in JSON Lines, with assertions as tests.

A benchmark says how its data file becomes problems; prompts, programs, verdicts and intervals are the same for
all. After `import examples.new_benchmark`: `codetune eval arithmetic --data FILE --model URL`.
"""

from __future__ import annotations

from collections.abc import Iterator

from codetune.evaluate.benchmarks.benchmark import Benchmark, json_rows
from codetune.evaluate.benchmarks.registry import BENCHMARKS
from codetune.records import Problem


def _read(raw: bytes) -> Iterator[Problem]:
    for row in json_rows(raw):
        yield Problem(
            benchmark="arithmetic",
            task_id=row["id"],
            prompt=row["prompt"],
            tests=row["asserts"],
            entry_point=row["function"],
            canonical_solution=row["solution"],
            cluster=row["id"],  # items that share a cluster count as one in the interval
        )


BENCHMARKS["arithmetic"] = Benchmark(
    name="arithmetic",
    title="Arithmetic",
    licence="CC0-1.0",
    url="https://example.org/arithmetic",
    read=_read,
    fields=("id", "prompt", "asserts", "function", "solution"),
    checksums={},  # SHA-256 of each published file; empty takes any file that has the fields
)
