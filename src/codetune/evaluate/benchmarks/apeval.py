"""APEval: the next edit of a programmer at work. Source: Jiang et al. 2024, arXiv:2410.07002.

An item is a moment in writing a HumanEval function: what the code was before, what it is now, and
sometimes what the programmer asks for. The answer is the whole program, or an edit of it in one of the
edit formats. It is run against HumanEval's tests, or, as `apeval+`, against HumanEval+'s too.
Items fall into four cells, with and without history and request; each has a rate of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.evaluate.benchmarks.data_file import json_rows, local_file
from codetune.evaluate.benchmarks.evalplus.evalplus import HUMANEVAL_PLUS, HUMANEVAL_PLUS_2023_04
from codetune.evaluate.benchmarks.humaneval import HUMANEVAL
from codetune.records import Edit, Problem, Revision

__all__ = ["APEVAL", "APEVAL_PLUS", "APEVAL_PLUS_2023_04"]


def _reader(name: str, tested: Benchmark) -> Callable[..., Iterator[Problem]]:
    """A reader of APEVal's file and of those of the benchmark whose tests are run."""

    def read(raw: bytes, *files: bytes) -> Iterator[Problem]:
        return _read(raw, name, {problem.task_id: problem for problem in tested.read(*files)})

    return read


def _read(raw: bytes, name: str, originals: dict[str, Problem]) -> Iterator[Problem]:
    for row in json_rows(raw):
        original = originals[row["task_id"]]
        request = _request(row, original.entry_point or "")
        history = "yes" if row["history"] else "no"
        user = "yes" if row["user"].strip() else "no"
        yield Problem(
            benchmark=name,
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
            edit=_moment(row),
        )


def _moment(row: dict[str, Any]) -> Edit:
    area = row.get("area")
    return Edit(
        history=tuple(
            Revision(code=state["code"], programming_language="python") for state in row["history"]
        ),
        current=Revision(code=row["current"]["code"], programming_language="python"),
        area=None if area is None else (area,) if isinstance(area, int) else tuple(area),
        user=row["user"].strip(),
        next="",
        source="apeval",
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
    read=_reader("apeval", HUMANEVAL),
    items=164,
    checksums={"6f6a33a7f72033df246186c27eac17e4ddff15e0d971b63e27a67724cc61575c": "CursorCore, 164 items"},
    fields=("task_id", "history", "current", "user"),
    find=local_file("apeval.json", "apeval/apeval.json"),
    companions=(HUMANEVAL.data,),
    max_new_tokens=1024,
)
APEVAL_PLUS = replace(
    APEVAL,
    name="apeval+",
    title="APEval with HumanEval+'s tests",
    read=_reader("apeval+", HUMANEVAL_PLUS),
    companions=(HUMANEVAL_PLUS.data,),
    base=HUMANEVAL_PLUS.base,
    limits=HUMANEVAL_PLUS.limits,
)
APEVAL_PLUS_2023_04 = replace(
    APEVAL,
    name="apeval+2023-04",
    title="APEval with the tests of HumanEval+ before its release (April 2023)",
    read=_reader("apeval+2023-04", HUMANEVAL_PLUS_2023_04),
    companions=(HUMANEVAL_PLUS_2023_04.data, *HUMANEVAL_PLUS_2023_04.companions),
    base=HUMANEVAL_PLUS_2023_04.base,
    limits=HUMANEVAL_PLUS_2023_04.limits,
)
