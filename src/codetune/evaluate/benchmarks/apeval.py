"""APEval: the next edit of a programmer at work. Source: Jiang et al. 2024, arXiv:2410.07002.

An item is a moment in writing a HumanEval function: what the code was before, what it is now, and
sometimes what the programmer asks for. The answer is the whole program, run against HumanEval's tests.
Items fall into four cells, with and without history and request; each has a rate of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import json_rows, local_file
from codetune.evaluate.benchmarks.humaneval import HUMANEVAL
from codetune.records import Problem

__all__ = ["APEVAL"]


def _read(raw: bytes, humaneval: bytes) -> Iterator[Problem]:
    originals = {problem.task_id: problem for problem in HUMANEVAL.read(humaneval)}
    for row in json_rows(raw):
        original = originals[row["task_id"]]
        request = _request(row, original.entry_point or "")
        history = "yes" if row["history"] else "no"
        user = "yes" if row["user"].strip() else "no"
        yield Problem(
            benchmark="apeval",
            task_id=row["task_id"],
            prompt=f"{request}\n\n",
            prefix="",
            instruction=request,
            tests=original.tests,
            entry_point=original.entry_point,
            # Any right function is a right end of the edit; the file has no reference of its own.
            canonical_solution=f"{original.prompt}{original.canonical_solution}",
            cluster=row["task_id"],
            groups=(f"history={history},user={user}",),
        )


def _request(row: dict[str, Any], entry_point: str) -> str:
    current: str = row["current"]["code"]
    parts = ["A programmer is writing a Python program."]
    for number, state in enumerate(row["history"], 1):
        parts.append(f"Version {number}:\n\n```python\n{state['code']}\n```")
    parts.append(f"The program as it is now:\n\n```python\n{_marked(current, row.get('area'))}\n```")
    if row["user"].strip():
        parts.append(f"The programmer asks: {row['user'].strip()}")
    parts.append(
        f"Work out what they are about to write, and answer with the whole finished program, with its "
        f"function {entry_point}, in one code block."
    )
    return "\n\n".join(parts)


def _marked(code: str, area: int | list[int] | None) -> str:
    """The code with the place they are at: a cursor, or the ends of what they have selected."""
    if area is None:
        return code
    if isinstance(area, int):
        return f"{code[:area]}<|cursor|>{code[area:]}"
    start, end = area[0], area[-1]
    return f"{code[:start]}<|selection|>{code[start:end]}<|end of selection|>{code[end:]}"


APEVAL = Benchmark(
    name="apeval",
    title="APEval",
    licence="Apache-2.0",
    url="https://github.com/TechxGenus/CursorCore/tree/main/benchmark",
    download="https://github.com/TechxGenus/CursorCore/raw/main/benchmark/apeval.json",
    read=_read,
    items=164,
    checksums={"6f6a33a7f72033df246186c27eac17e4ddff15e0d971b63e27a67724cc61575c": "CursorCore, 164 items"},
    fields=("task_id", "history", "current", "user"),
    find=local_file("apeval.json", "apeval/apeval.json"),
    companions=(HUMANEVAL.data,),
    max_new_tokens=1024,
)
