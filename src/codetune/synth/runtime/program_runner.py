"""The sandbox, seen from an event loop: programs that come at the same time run as one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from codetune.errors import ExecutionError
from codetune.execution.protocol import Execution, Executor, Program

__all__ = ["ProgramRunner"]

_BATCH = 64


class ProgramRunner:
    """Hands programs to an executor that is opened when the first one comes.

    Args:
        open_executor: Makes the executor; called at most once.
    """

    def __init__(self, open_executor: Callable[[], Executor]) -> None:
        self._open = open_executor
        self._executor: Executor | None = None
        self._waiting: list[tuple[Program, asyncio.Future[Execution]]] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self, program: Program) -> Execution:
        """Run one program.

        Raises:
            SafetyError: No isolation can be had on this machine.
            ExecutionError: The sandbox itself broke.
        """
        future: asyncio.Future[Execution] = asyncio.get_running_loop().create_future()
        self._waiting.append((program, future))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                batch = [(program, future) for program, future in batch if not future.done()]
                try:
                    results = await asyncio.to_thread(self._run, [program for program, _ in batch])
                except Exception as error:
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
                    continue
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)
        finally:
            self._task = None

    def _run(self, programs: list[Program]) -> list[Execution]:
        if self._executor is None:
            self._executor = self._open()
        results = list(self._executor.run(programs))
        if len(results) != len(programs):
            raise ExecutionError(f"the sandbox gave {len(results)} results for {len(programs)} programs")
        return results

    def close(self) -> None:
        """Stop the sandbox's workers."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None
