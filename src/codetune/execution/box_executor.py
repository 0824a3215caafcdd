"""The `Executor` over boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from codetune.execution.pool import Answer, Pool
from codetune.execution.protocol import Execution, Program
from codetune.execution.python_job import python_work
from codetune.execution.verdicts import judge as judge_evidence

__all__ = ["BoxExecutor"]

_STARVED_FRACTION = 0.2


class BoxExecutor:
    """Runs programs, each in a box of its own; results come in the programs' order.

    Args:
        pool: Slots behind a wall.
        judge: `standard` or `strict`.
        cache: File of the verdict cache, or None.
    """

    def __init__(self, pool: Pool, *, judge: str = "standard", cache: Path | None = None) -> None:
        self._pool = pool
        self._judge = judge
        self.tier = pool.spec.tier

    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        works = map(python_work, programs)
        for program, answer in self._pool.map(works, alone=_was_starved):
            yield judge_evidence(program, answer.evidence, answer.stdout, answer.stderr, tier=self.tier)

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> BoxExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _was_starved(program: Program, answer: Answer) -> bool:
    """Whether the clock ran out on a program that the machine kept waiting."""
    evidence = answer.evidence
    if evidence.get("stopped") != "wall":
        return False
    waited = evidence.get("waited_for_cpu")
    return waited is None or waited > _STARVED_FRACTION * program.limits.wall_limit_seconds
