"""The `Executor` over boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from codetune.execution.host.case_chain import case_job
from codetune.execution.host.job import Job, JobResult
from codetune.execution.host.language_jobs import Artefacts, language_job
from codetune.execution.host.pool import SlotPool
from codetune.execution.host.python_jobs import python_job, strict_job
from codetune.execution.languages.failures import read_failure
from codetune.execution.languages.toolchains import LANGUAGES, toolchain
from codetune.execution.protocol import Execution, Program
from codetune.execution.verdict_cache import VerdictCache
from codetune.execution.verdicts import read_verdict

__all__ = ["BoxExecutor"]

_STARVED_FRACTION = 0.2


class BoxExecutor:
    """Runs programs, each in a box of its own; results come in the programs' order.

    Args:
        pool: Slots behind a wall.
        test_isolation: `standard` or `strict`.
        cache: File of the verdict cache, or None; opened when the first program comes.
    """

    def __init__(
        self, pool: SlotPool, *, test_isolation: str = "standard", cache: Path | None = None
    ) -> None:
        self._pool = pool
        self._test_isolation = test_isolation
        self._artefacts = Artefacts()
        self.tier = pool.spec.tier
        self._cache_path = cache
        self._cache: VerdictCache | None = None

    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        if self._cache is None and self._cache_path is not None:
            self._cache = VerdictCache(self._cache_path, tier=self.tier, test_isolation=self._test_isolation)
        try:
            for program, result in self._pool.map(map(self._job, programs), alone=_was_starved):
                known: Execution | None = result.evidence.get("known")
                execution = known or result.execution or self._execution(program, result)
                if self._cache is not None and known is None:
                    self._cache.put(self._cache.key(program), execution)
                yield execution
        finally:
            if self._cache is not None:
                self._cache.commit()

    def _job(self, program: Program) -> Job[Program]:
        if not program.code.strip():
            return Job.done(program, JobResult({"no_code": True}))
        if self._cache is not None:
            remembered = self._cache.get(self._cache.key(program), program)
            if remembered is not None:
                return Job.done(program, JobResult({"known": remembered}))
        if program.cases and program.expected_stdout is None:
            return case_job(program, self._run_job, self._execution)
        return self._run_job(program)

    def _run_job(self, program: Program) -> Job[Program]:
        """The job of a program that is not known already."""
        if program.language == "python":
            has_own_tests = program.tests is not None and program.expected_stdout is None
            if self._test_isolation == "strict" and has_own_tests and not program.in_process_tests:
                return strict_job(program)
            return python_job(program)
        if program.language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            return Job.done(
                program, JobResult({"skipped": f"codetune can't run {program.language} (it can: {known})"})
            )
        tools = toolchain(program.language)
        if tools.path is None:
            return Job.done(program, JobResult({"skipped": tools.absence}))
        return language_job(program, tools, self._artefacts)

    def _integrity(self, program: Program, result: JobResult) -> str:
        if self._test_isolation == "standard":
            return "standard"
        if program.expected_stdout is not None or "tests" in result.evidence:
            return "strict"
        return "standard"

    def _execution(self, program: Program, result: JobResult) -> Execution:
        return read_verdict(
            program,
            result.evidence,
            result.stdout,
            result.stderr,
            tier=self.tier,
            integrity=self._integrity(program, result),
            read_failure=None if program.language == "python" else read_failure,
        )

    def close(self) -> None:
        self._pool.close()
        if self._cache is not None:
            self._cache.close()

    def __enter__(self) -> BoxExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _was_starved(program: Program, result: JobResult) -> bool:
    """Whether the clock ran out on a program that the machine kept waiting."""
    evidence = result.evidence
    if evidence.get("stopped") != "wall":
        return False
    waited = evidence.get("waited_for_cpu")  # the clock was put forward for it already, up to a limit
    return waited is None or waited > _STARVED_FRACTION * program.limits.wall_limit_seconds
