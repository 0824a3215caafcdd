"""An executor over an engine: chunks of programs go where the engine's workers are.

On a Ray cluster each worker's machine runs its own boxes, behind the best wall it has; a verdict
depends on the program alone, so where it was run doesn't show.
"""

from __future__ import annotations

import atexit
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path

from codetune.engine.protocol import Engine
from codetune.execution.open import open_executor
from codetune.execution.protocol import Execution, Executor, Program
from codetune.execution.verdict_cache import VerdictCache

__all__ = ["ExecutorOptions", "SpreadExecutor", "run_chunk"]

_CHUNK = 64


@dataclass(frozen=True, slots=True)
class ExecutorOptions:
    """How each worker opens its executor; as `open_executor`'s arguments."""

    sandbox: bool = True
    test_isolation: str = "standard"


@cache
def _executor_of_this_process(options: ExecutorOptions) -> Executor:
    executor = open_executor(1, sandbox=options.sandbox, test_isolation=options.test_isolation)
    atexit.register(executor.close)
    return executor


def run_chunk(programs: list[Program], options: ExecutorOptions = ExecutorOptions()) -> list[Execution]:
    """Run some programs with this process's own executor, which stays open for the next chunk."""
    return list(_executor_of_this_process(options).run(programs))


def _chunks(programs: Iterable[Program]) -> Iterator[list[Program]]:
    source = iter(programs)
    while chunk := list(islice(source, _CHUNK)):
        yield chunk


class SpreadExecutor:
    """Runs programs through an engine's workers; results come in the programs' order.

    Args:
        engine: Closed by its owner, not here.
        options: How each worker opens its executor.
        cache: File of the verdict cache on this machine, or None. Which wall held where is in each
            result; it isn't known before, so it is no part of the key.
    """

    def __init__(
        self, engine: Engine, options: ExecutorOptions = ExecutorOptions(), cache: Path | None = None
    ) -> None:
        self._engine = engine
        self._options = options
        self._cache_path = cache
        self._cache: VerdictCache | None = None

    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        if self._cache is None and self._cache_path is not None:
            tier = "spread" if self._options.sandbox else "none"
            self._cache = VerdictCache(
                self._cache_path, tier=tier, test_isolation=self._options.test_isolation
            )
        work = partial(run_chunk, options=self._options)
        # The engine draws chunks ahead of its results; `waiting` says what of each was known already.
        waiting: deque[list[tuple[Program, Execution | None]]] = deque()

        def unknown() -> Iterator[list[Program]]:
            for chunk in _chunks(programs):
                entries = [(program, self._known(program)) for program in chunk]
                waiting.append(entries)
                yield [program for program, known in entries if known is None]

        try:
            for made in self._engine.map(work, unknown()):
                fresh = iter(made)
                for program, known in waiting.popleft():
                    yield known or self._kept(program, next(fresh))
        finally:
            if self._cache is not None:
                self._cache.commit()

    def _known(self, program: Program) -> Execution | None:
        return None if self._cache is None else self._cache.get(self._cache.key(program), program)

    def _kept(self, program: Program, execution: Execution) -> Execution:
        if self._cache is not None:
            self._cache.put(self._cache.key(program), execution)
        return execution

    def close(self) -> None:
        """Close the cache; the workers' executors end with the workers."""
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def __enter__(self) -> SpreadExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
