"""What the reference solutions say of a benchmark's items, before any sample is run.

What goes in are items and an executor; what comes out is, for each item, the limits its programs get and
whether its tests need the program in their own process. Both are decided from the tests and the
reference solution alone: no sample can change them. Reference runs are kept by the verdict cache.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from codetune.evaluate.benchmarks.benchmark import Benchmark
from codetune.execution.protocol import Execution, Executor, Limits, Program
from codetune.records import Problem, Verdict

__all__ = ["ItemConditions", "References", "run_references"]

_GENEROUS = 4
"""How much more a reference solution may use than the benchmark's limits."""
_CLOSE = 0.25
"""Of a limit."""
_MOST_DOUBLINGS = 2
_CPU_ROOM, _MEMORY_ROOM = 4.0, 1.5
"""An item's limits are at least so many times what its reference solution used."""


@dataclass(frozen=True, slots=True)
class ItemConditions:
    """How one item's programs are run."""

    limits: Limits
    in_process_tests: bool = False

    def apply(self, program: Program) -> Program:
        """The same program under these conditions."""
        return replace(program, limits=self.limits, in_process_tests=self.in_process_tests)


@dataclass(frozen=True, slots=True)
class References:
    """What the reference runs found.

    Attributes:
        conditions: Task id -> how its programs are run; items that aren't there keep the benchmark's.
        failed: Task id -> how its reference solution ended, where it didn't pass.
    """

    conditions: Mapping[str, ItemConditions] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    def apply(self, task_id: str, program: Program) -> Program:
        """A sample's program under its item's conditions."""
        found = self.conditions.get(task_id)
        return program if found is None else found.apply(program)

    @property
    def tested_in_process(self) -> tuple[str, ...]:
        """Task ids of the items whose tests need the program in their own process."""
        return tuple(task for task, found in self.conditions.items() if found.in_process_tests)


def run_references(problems: Sequence[Problem], benchmark: Benchmark, executor: Executor) -> References:
    """Run the reference solution of each Python item that has one.

    Args:
        problems: Items with tests and, as far as known, a reference solution.
        benchmark: Makes their programs.
        executor: Runs them, under its own test isolation.
    """
    limits = _generous(benchmark.limits)
    wanted = [p for p in problems if p.programming_language == "python" and p.canonical_solution]
    programs = [benchmark.program(problem, _solution(problem), limits) for problem in wanted]
    pairs = [(p, made) for p, made in zip(wanted, programs, strict=True) if made.tests is not None]
    runs = _run(executor, [program for _, program in pairs])
    # Where the tests need the program's own objects, strict isolation can't serve the reference either.
    failed = [made for (_, made), run in zip(pairs, runs, strict=True) if _may_need_one_process(run)]
    again = dict(zip((m.id for m in failed), _run(executor, map(_in_process, failed)), strict=True))
    conditions: dict[str, ItemConditions] = {}
    broken: dict[str, str] = {}
    close: list[Program] = []
    for (problem, made), run in zip(pairs, runs, strict=True):
        second = again.get(made.id)
        in_process = second is not None and second.verdict is Verdict.PASS
        best = second if in_process and second is not None else run
        if best.verdict is Verdict.PASS:
            fitting = _fitting(benchmark.limits, best)
            conditions[problem.task_id] = ItemConditions(fitting, in_process)
            if _is_close(best, benchmark.limits):
                close.append(replace(made, id=problem.task_id))
        elif best.verdict is not Verdict.SKIPPED:
            broken[problem.task_id] = f"{best.verdict}: {best.detail}"
    _make_room(conditions, close, executor)
    return References(conditions, broken)


def _is_close(run: Execution, limits: Limits) -> bool:
    """Whether what a reference used is a good part of the limits: then they are tried out."""
    return run.memory_bytes > _CLOSE * limits.memory_bytes or run.cpu_seconds * _CPU_ROOM > limits.cpu_seconds


def _make_room(conditions: dict[str, ItemConditions], programs: list[Program], executor: Executor) -> None:
    """Double the limits under which a reference fails that passes under larger ones.

    Memory that is seen is less than what is asked for, which is what is limited.
    """
    for _ in range(_MOST_DOUBLINGS):
        tried = _run(executor, [conditions[program.id].apply(program) for program in programs])
        programs = [p for p, run in zip(programs, tried, strict=True) if run.verdict is not Verdict.PASS]
        if not programs:
            return
        for program in programs:
            found = conditions[program.id]
            conditions[program.id] = replace(found, limits=_doubled(found.limits))


def _doubled(limits: Limits) -> Limits:
    return replace(
        limits,
        cpu_seconds=2 * limits.cpu_seconds,
        wall_seconds=None if limits.wall_seconds is None else 2 * limits.wall_seconds,
        memory_bytes=2 * limits.memory_bytes,
    )


def _run(executor: Executor, programs: Iterable[Program]) -> list[Execution]:
    return list(executor.run(programs))


def _in_process(program: Program) -> Program:
    return replace(program, in_process_tests=True)


def _may_need_one_process(run: Execution) -> bool:
    return run.integrity == "strict" and run.verdict not in (Verdict.PASS, Verdict.SKIPPED, Verdict.COMPILE)


def _solution(problem: Problem) -> str:
    """The whole program: with the prompt in front where the two make one."""
    solution = problem.canonical_solution or ""
    whole = f"{problem.prompt}{solution}"
    return whole if _defines(whole, problem.entry_point) else solution


def _defines(source: str, name: str | None) -> bool:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return name is None or any(getattr(node, "name", None) == name for node in ast.walk(tree))


def _generous(limits: Limits) -> Limits:
    return replace(
        limits,
        cpu_seconds=_GENEROUS * limits.cpu_seconds,
        wall_seconds=None if limits.wall_seconds is None else _GENEROUS * limits.wall_seconds,
        memory_bytes=_GENEROUS * limits.memory_bytes,
    )


def _fitting(limits: Limits, run: Execution) -> Limits:
    """The benchmark's limits, doubled until the reference has room; in steps, so that noise changes nothing."""
    while limits.cpu_seconds < _CPU_ROOM * run.cpu_seconds:
        wall = None if limits.wall_seconds is None else 2 * limits.wall_seconds
        limits = replace(limits, cpu_seconds=2 * limits.cpu_seconds, wall_seconds=wall)
    while limits.memory_bytes < _MEMORY_ROOM * run.memory_bytes:
        limits = replace(limits, memory_bytes=2 * limits.memory_bytes)
    return limits
