"""An event loop whose clock jumps to the next timer: what waits for minutes is tested in no time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _VirtualLoop(asyncio.SelectorEventLoop):
    """Only for code that waits for timers and for itself, not for sockets."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual_now = 0.0

    def time(self) -> float:
        return self._virtual_now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self._virtual_now = max(self._virtual_now, self._scheduled[0].when())
        super()._run_once()


def run_virtually(work: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """Run to the end; returns the result and the virtual seconds it took."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(work), runner.get_loop().time()
