"""The `Executor` over boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from codetune.execution.host.case_chain import case_work
from codetune.execution.host.job import Answer, Work
from codetune.execution.host.language_jobs import Artefacts, language_work
from codetune.execution.host.pool import Pool
from codetune.execution.host.python_jobs import python_work, strict_work
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

    def __init__(self, pool: Pool, *, test_isolation: str = "standard", cache: Path | None = None) -> None:
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
            for program, answer in self._pool.map(map(self._work, programs), alone=_was_starved):
                known: Execution | None = answer.evidence.get("known")
                execution = known or answer.evidence.get("judged") or self._execution(program, answer)
                if self._cache is not None and known is None:
                    self._cache.put(self._cache.key(program), execution)
                yield execution
        finally:
            if self._cache is not None:
                self._cache.commit()

    def _work(self, program: Program) -> Work[Program]:
        if not program.code.strip():
            return Work.done(program, Answer({"no_code": True}))
        if self._cache is not None:
            remembered = self._cache.get(self._cache.key(program), program)
            if remembered is not None:
                return Work.done(program, Answer({"known": remembered}))
        if program.cases and program.expected_stdout is None:
            return case_work(program, self._run_work, self._execution)
        return self._run_work(program)

    def _run_work(self, program: Program) -> Work[Program]:
        """The job of a program that is not known already."""
        if program.language == "python":
            if (
                self._test_isolation == "strict"
                and program.tests is not None
                and program.expected_stdout is None
            ):
                return strict_work(program)
            return python_work(program)
        if program.language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            return Work.done(
                program, Answer({"skipped": f"codetune can't run {program.language} (it can: {known})"})
            )
        tools = toolchain(program.language)
        if tools.path is None:
            return Work.done(
                program, Answer({"skipped": f"{tools.command} is not installed; run: {tools.install}"})
            )
        return language_work(program, tools, self._artefacts)

    def _integrity(self, program: Program, answer: Answer) -> str:
        if self._test_isolation == "standard":
            return "standard"
        if program.expected_stdout is not None or "referee" in answer.evidence:
            return "strict"
        return "weak"

    def _execution(self, program: Program, answer: Answer) -> Execution:
        return read_verdict(
            program,
            answer.evidence,
            answer.stdout,
            answer.stderr,
            tier=self.tier,
            integrity=self._integrity(program, answer),
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


def _was_starved(program: Program, answer: Answer) -> bool:
    """Whether the clock ran out on a program that the machine kept waiting."""
    evidence = answer.evidence
    if evidence.get("stopped") != "wall":
        return False
    waited = evidence.get("waited_for_cpu")  # the clock was put forward for it already, up to a limit
    return waited is None or waited > _STARVED_FRACTION * program.limits.wall_limit_seconds
