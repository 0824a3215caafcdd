"""The sandbox, seen from an event loop: programs that come while others run join them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

from codetune.errors import ExecutionError
from codetune.execution.protocol import Execution, Executor, Program

__all__ = ["ProgramRunner"]

_Waiting = tuple[Program, "asyncio.Future[Execution]"]


class ProgramRunner:
    """Hands programs to an executor that is opened when the first one comes.

    Args:
        open_executor: Makes the executor; called at most once.
    """

    def __init__(self, open_executor: Callable[[], Executor]) -> None:
        self._open = open_executor
        self._executor: Executor | None = None
        self._waiting: deque[_Waiting] = deque()
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
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                taken: list[_Waiting] = []
                try:
                    await asyncio.to_thread(self._run, taken, loop)
                except Exception as error:
                    if not taken:  # the executor did not even open
                        taken, self._waiting = list(self._waiting), deque()
                    for _, future in taken:
                        if not future.done():
                            future.set_exception(error)
        finally:
            self._task = None

    def _run(self, taken: list[_Waiting], loop: asyncio.AbstractEventLoop) -> None:
        """Run what waits, and what comes meanwhile; `taken` gets what was handed to the executor, in order."""
        if self._executor is None:
            self._executor = self._open()
        number = 0
        for result in self._executor.run(self._programs(taken)):
            if number < len(taken):
                loop.call_soon_threadsafe(_resolve, taken[number][1], result)
            number += 1
        if number != len(taken):
            raise ExecutionError(f"the sandbox gave {number} results for {len(taken)} programs")

    def _programs(self, taken: list[_Waiting]) -> Iterator[Program]:
        while self._waiting:
            program, future = self._waiting.popleft()
            if not future.done():  # nobody waits for it any more
                taken.append((program, future))
                yield program

    def close(self) -> None:
        """Stop the sandbox's workers."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None


def _resolve(future: asyncio.Future[Execution], result: Execution) -> None:
    if not future.done():
        future.set_result(result)
