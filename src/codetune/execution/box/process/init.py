"""PID 1 of a box where the zygote can't watch for itself: starts the program, watches, reaps, and tells.

When PID 1 leaves, the kernel kills whatever is still in its namespace: nothing survives a run.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from codetune.execution.box.isolation.root import BOX
from codetune.execution.box.isolation.syscalls import fork_quickly
from codetune.execution.box.job import BoxJob
from codetune.execution.box.process.exec_program import Pipes, close_all_but, exec_program
from codetune.execution.box.process.folder import collect, is_full, write_files
from codetune.execution.box.process.usage import Usage, living_usage, others_in_namespace

__all__ = ["InitOptions", "run_box"]

_FIRST_LOOK_SECONDS = 0.02
_LONGEST_LOOK_SECONDS = 0.1


class InitOptions(NamedTuple):
    """How this tier differs from others, for PID 1."""

    folder: str = BOX
    seccomp: bytes | None = None
    process_allowance: int | None = None
    list_processes: Callable[[], list[int]] = others_in_namespace
    watch_memory: bool = True
    """Whether no control group does it."""


class _Watch:
    """What is known of the run so far."""

    __slots__ = ("last", "peak_memory", "peak_tasks", "reaped_cpu", "status", "stopped")

    def __init__(self) -> None:
        self.status: int | None = None
        self.stopped: str | None = None
        self.reaped_cpu = 0.0
        self.peak_memory = 0
        self.peak_tasks = 0
        self.last = Usage()


def _reap(watch: _Watch, program: int) -> bool:
    """Collect whoever has ended; False when no process is left."""
    while True:
        try:
            pid, status, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        watch.reaped_cpu += used.ru_utime + used.ru_stime
        watch.peak_memory = max(watch.peak_memory, used.ru_maxrss * 1024)
        if pid == program:
            watch.status = status


def _look(watch: _Watch, job: BoxJob, options: InitOptions) -> None:
    """Compare what living and ended processes use with the limits."""
    watch.last = living_usage(options.list_processes())
    watch.peak_tasks = max(watch.peak_tasks, watch.last.tasks)
    if options.watch_memory:
        watch.peak_memory = max(watch.peak_memory, watch.last.memory_bytes)
        if watch.last.memory_bytes > job.memory_bytes:
            watch.stopped = "memory"
    if watch.reaped_cpu + watch.last.cpu_seconds >= job.cpu_seconds:
        watch.stopped = "cpu"


def _watch(job: BoxJob, program: int, options: InitOptions) -> _Watch:
    watch = _Watch()
    pause = _FIRST_LOOK_SECONDS
    some_left = True
    while watch.status is None and watch.stopped is None:
        if signal.sigtimedwait((signal.SIGCHLD,), pause) is None:
            _look(watch, job, options)
            pause = min(pause * 1.5, _LONGEST_LOOK_SECONDS)
        some_left = _reap(watch, program)
    if watch.stopped is None:
        # What the program left running counts as its own, and ends with it.
        watch.last = living_usage(options.list_processes()) if some_left else Usage()
    return watch


def _write_all(end: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(end, left) :]


def run_box(job: BoxJob, pipes: Pipes, options: InitOptions) -> NoReturn:
    """Be PID 1 for one run; the isolation stands already."""
    answer: dict[str, Any]
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGCHLD,))
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # the program may send it; Python's handler would end this
        close_all_but(pipes)
        write_files(options.folder, job.files)
        began = time.monotonic()
        program = fork_quickly()
        if program == 0:
            exec_program(
                job,
                pipes,
                options.folder,
                seccomp=options.seccomp,
                process_allowance=options.process_allowance,
            )
        for end in pipes.ends():
            if end not in (pipes.status, pipes.artefacts):
                os.close(end)
        watch = _watch(job, program, options)
        answer = {
            "status": watch.status,
            "stopped": watch.stopped,
            "cpu_seconds": watch.reaped_cpu + watch.last.cpu_seconds,
            "seconds": time.monotonic() - began,
            "peak_memory": watch.peak_memory,
            "peak_tasks": watch.peak_tasks,
            "disk_full": is_full(options.folder),
        }
        if job.collect and watch.stopped is None:
            for frame in collect(job, options.folder):
                _write_all(pipes.artefacts, frame)
    except BaseException as error:
        answer = {"broken": repr(error)}
    with contextlib.suppress(OSError):
        os.write(pipes.status, json.dumps(answer).encode())
    os._exit(0)
