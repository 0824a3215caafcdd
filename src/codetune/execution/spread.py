"""An executor over an engine: chunks of programs go where the engine's workers are.

On a Ray cluster each worker's machine runs its own boxes, behind the best wall it has; a verdict
depends on the program alone, so where it was run doesn't show.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice

from codetune.engine.protocol import Engine
from codetune.execution.protocol import Execution, Executor, Program
from codetune.execution.sandbox import open_executor

__all__ = ["ExecutorOptions", "SpreadExecutor", "run_chunk"]

_CHUNK = 64


@dataclass(frozen=True, slots=True)
class ExecutorOptions:
    """How each worker opens its executor; as `open_executor`'s arguments."""

    sandbox: bool = True
    judge: str = "standard"


@cache
def _executor_of_this_process(options: ExecutorOptions) -> Executor:
    executor = open_executor(1, sandbox=options.sandbox, judge=options.judge)
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
    """

    def __init__(self, engine: Engine, options: ExecutorOptions = ExecutorOptions()) -> None:
        self._engine = engine
        self._options = options

    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        work = partial(run_chunk, options=self._options)
        for executions in self._engine.map(work, _chunks(programs)):
            yield from executions

    def close(self) -> None:
        """Nothing: the workers' executors end with the workers."""

    def __enter__(self) -> SpreadExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
