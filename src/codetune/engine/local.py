"""One machine: shards are worked on in processes."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import TypeVar

from codetune.engine.worker_errors import Guarded
from codetune.engine.worker_start import ended_early, needs_script, script_hidden

__all__ = ["LocalEngine", "available_cores"]

T = TypeVar("T")
R = TypeVar("R")

_PR_SET_PDEATHSIG = 1
"""From <sys/prctl.h>."""


def available_cores() -> int:
    """Cores this process may run on (its affinity mask, not the machine's count)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _die_with_parent() -> None:
    """Ask the kernel to end this worker with its parent, even when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:  # it died before we asked
            os._exit(1)


class LocalEngine:
    """Processes on this machine.

    Args:
        workers: Processes; None takes the cores this process may use, 1 runs in this process.
    """

    name = "local"

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers if workers is not None else available_cores()
        self._pool: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[T], R], shards: Iterable[T]) -> Iterator[R]:
        if self.workers <= 1:
            yield from map(function, shards)
            return
        if self._pool is None:
            # Workers are spawned, not forked: the parent may hold threads (a server, Arrow).
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_die_with_parent)
        pool, guarded, script = self._pool, Guarded(function), needs_script(function)
        remaining = iter(shards)

        def submit(shard: T) -> Future[R]:
            with script_hidden(unless=script or type(shard).__module__ == "__main__"):
                return pool.submit(guarded, shard)

        window: deque[Future[R]] = deque()
        try:
            # A bounded window: memory doesn't grow with the number of shards.
            window.extend(map(submit, islice(remaining, 2 * self.workers)))
            while window:
                result = window.popleft().result()
                window.extend(map(submit, islice(remaining, 1)))
                yield result
        except BrokenProcessPool as error:
            self._pool = None
            raise ended_early(script) from error
        finally:
            for future in window:
                future.cancel()

    def check_folders(self, folders: Sequence[Path]) -> None:
        """Nothing to see: workers are on this machine."""

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            # An interrupted run must not wait for shards nobody will read.
            for worker in multiprocessing.active_children():
                worker.terminate()
        self.close()
