"""A program with several input/output cases as one job: each passed case starts the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from codetune.execution.host.job import Job, JobResult
from codetune.execution.protocol import Execution, Program
from codetune.records import Verdict

__all__ = ["case_job"]


def case_job(
    program: Program,
    make: Callable[[Program], Job[Program]],
    decide: Callable[[Program, JobResult], Execution],
) -> Job[Program]:
    """The first case's job; every other follows from the one before it.

    Args:
        program: With at least one case.
        make: Makes the job of a program that has one input and one expected output.
        decide: Makes the verdict on such a run.

    Returns:
        A job whose last result has the whole program's `execution`.
    """

    def start(number: int, cpu_seconds: float, wall_seconds: float) -> Job[Program]:
        case = program.cases[number]
        one = replace(program, stdin=case.stdin, expected_stdout=case.expected_stdout, tests=None, cases=())

        def follow(next_step: Job[Program] | JobResult) -> Job[Program] | JobResult:
            if isinstance(next_step, Job):
                return chained(next_step)
            run = decide(one, next_step)
            cpu, wall = cpu_seconds + run.cpu_seconds, wall_seconds + run.wall_seconds
            if run.verdict is Verdict.PASS and number + 1 < len(program.cases):
                return start(number + 1, cpu, wall)
            detail = run.detail
            if run.verdict not in (Verdict.PASS, Verdict.COMPILE):
                detail = f"case {number + 1} of {len(program.cases)}: {detail}"
            whole = replace(run, cpu_seconds=cpu, wall_seconds=wall, detail=detail)
            return replace(next_step, execution=whole)

        def chained(job: Job[Program]) -> Job[Program]:
            then = job.then
            return replace(
                job,
                item=program,
                then=lambda result: follow(then(result) if then is not None else result),
            )

        job = make(one)
        if job.result is None:
            return chained(job)
        end = follow(job.result)  # nothing to run: its toolchain isn't here
        assert isinstance(end, JobResult)
        return Job.done(program, end)

    return start(0, 0.0, 0.0)
