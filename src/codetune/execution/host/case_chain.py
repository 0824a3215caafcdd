"""A program with several input/output cases as one job: each passed case starts the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from codetune.execution.host.job import Answer, Work
from codetune.execution.protocol import Execution, Program
from codetune.records import Verdict

__all__ = ["case_work"]


def case_work(
    program: Program,
    make: Callable[[Program], Work[Program]],
    judge: Callable[[Program, Answer], Execution],
) -> Work[Program]:
    """The first case's job; every other follows from the one before it.

    Args:
        program: With at least one case.
        make: Makes the job of a program that has one input and one expected output.
        judge: Makes the verdict on such a run.

    Returns:
        A job whose last answer has the whole program's execution as `judged` in its evidence.
    """

    def start(number: int, cpu_seconds: float, wall_seconds: float) -> Work[Program]:
        case = program.cases[number]
        one = replace(program, stdin=case.stdin, expected_stdout=case.expected_stdout, tests=None, cases=())

        def follow(next_step: Work[Program] | Answer) -> Work[Program] | Answer:
            if isinstance(next_step, Work):
                return chained(next_step)
            run = judge(one, next_step)
            cpu, wall = cpu_seconds + run.cpu_seconds, wall_seconds + run.wall_seconds
            if run.verdict is Verdict.PASS and number + 1 < len(program.cases):
                return start(number + 1, cpu, wall)
            detail = run.detail
            if run.verdict not in (Verdict.PASS, Verdict.COMPILE):
                detail = f"case {number + 1} of {len(program.cases)}: {detail}"
            whole = replace(run, cpu_seconds=cpu, wall_seconds=wall, detail=detail)
            return replace(next_step, evidence={**next_step.evidence, "judged": whole})

        def chained(work: Work[Program]) -> Work[Program]:
            then = work.then
            return replace(
                work,
                item=program,
                then=lambda answer: follow(then(answer) if then is not None else answer),
            )

        work = make(one)
        if work.answer is None:
            return chained(work)
        end = follow(work.answer)  # nothing to run: its toolchain isn't here
        assert isinstance(end, Answer)
        return Work.done(program, end)

    return start(0, 0.0, 0.0)
