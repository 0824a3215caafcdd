"""Reference solutions decide an item's limits and isolation; samples have no say in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest

from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.scoring.reference_runs import run_references
from codetune.execution.protocol import Execution, Program
from codetune.records import Problem, Verdict

HUMANEVAL = benchmark("humaneval")
ITEM = Problem(
    benchmark="humaneval",
    task_id="X/0",
    prompt="def f(x):\n",
    tests="assert f(1) == 1",
    entry_point="f",
    canonical_solution="    return x\n",
)


class Scripted:
    """An executor whose verdicts are written down."""

    def __init__(self, end: Callable[[Program], tuple[Verdict, float, int]]) -> None:
        self.end = end
        self.seen: list[Program] = []

    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        for program in programs:
            self.seen.append(program)
            verdict, seconds, memory = self.end(program)
            yield Execution(
                id=program.id,
                verdict=verdict,
                cpu_seconds=seconds,
                wall_seconds=seconds,
                memory_bytes=memory,
                integrity="standard" if program.in_process_tests else "strict",
            )

    def close(self) -> None: ...


def test_a_reference_that_passes_with_room_keeps_the_benchmarks_limits() -> None:
    executor = Scripted(lambda program: (Verdict.PASS, 0.1, 1 << 24))
    found = run_references([ITEM], HUMANEVAL, executor)
    assert [program.code for program in executor.seen] == ["def f(x):\n    return x\n"]
    assert found.conditions["X/0"].limits == HUMANEVAL.limits
    assert (found.tested_in_process, found.failed) == ((), {})


def test_limits_double_until_the_reference_has_room() -> None:
    base = HUMANEVAL.limits
    executor = Scripted(lambda program: (Verdict.PASS, base.cpu_seconds, base.memory_bytes))
    limits = run_references([ITEM], HUMANEVAL, executor).conditions["X/0"].limits
    assert executor.seen[0].limits.cpu_seconds == 4 * base.cpu_seconds
    assert (limits.cpu_seconds, limits.memory_bytes) == (4 * base.cpu_seconds, 2 * base.memory_bytes)


def test_a_reference_that_passes_in_one_process_alone_names_its_item() -> None:
    executor = Scripted(lambda p: (Verdict.PASS if p.in_process_tests else Verdict.RUNTIME, 0.1, 0))
    found = run_references([ITEM, replace(ITEM, task_id="X/1")], HUMANEVAL, executor)
    assert found.tested_in_process == ("X/0", "X/1")
    sample = found.apply("X/0", Program(id="s", code="x"))
    assert sample.in_process_tests


@pytest.mark.parametrize("verdict", [Verdict.WRONG, Verdict.HARNESS_ERROR, Verdict.CPU_TLE])
def test_a_reference_that_fails_is_named_and_changes_nothing(verdict: Verdict) -> None:
    found = run_references([ITEM], HUMANEVAL, Scripted(lambda program: (verdict, 0.1, 0)))
    assert found.conditions == {} and found.failed["X/0"].startswith(str(verdict))
    program = Program(id="s", code="x")
    assert found.apply("X/0", program) is program


def test_items_of_other_languages_or_without_a_reference_are_not_run() -> None:
    executor = Scripted(lambda program: (Verdict.PASS, 0.1, 0))
    items = [replace(ITEM, canonical_solution=None), replace(ITEM, programming_language="java")]
    assert run_references(items, HUMANEVAL, executor).conditions == {}
    assert executor.seen == []


def test_limits_that_the_reference_meets_are_doubled_though_it_was_seen_to_use_less() -> None:
    base = HUMANEVAL.limits

    def end(program: Program) -> tuple[Verdict, float, int]:
        enough = program.limits.memory_bytes >= 2 * base.memory_bytes
        return (Verdict.PASS if enough else Verdict.OOM), 0.1, base.memory_bytes // 2

    limits = run_references([ITEM], HUMANEVAL, Scripted(end)).conditions["X/0"].limits
    assert limits.memory_bytes == 2 * base.memory_bytes
