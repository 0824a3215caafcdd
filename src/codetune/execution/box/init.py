"""PID 1 of a box: starts the untrusted program, watches what it uses, reaps, and tells the zygote.

When PID 1 leaves, the kernel kills whatever is still in its namespace: nothing survives a run.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import stat
import time
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from codetune.execution.box.job import Job
from codetune.execution.box.limits import confine
from codetune.execution.box.python_program import run_python
from codetune.execution.box.root import BOX
from codetune.execution.box.syscalls import fork_quickly
from codetune.execution.box.usage import Usage, living_usage, others_in_namespace

__all__ = ["Pipes", "Surroundings", "run_box"]

_FIRST_LOOK_SECONDS = 0.02
_LONGEST_LOOK_SECONDS = 0.1
_SMALLEST_FREE_BYTES = 64 << 10
_MOST_ARTEFACTS = 2000


class Pipes(NamedTuple):
    """The box's ends of the pipes, as file descriptors."""

    stdin: int
    stdout: int
    stderr: int
    secret: int
    """Holds the run's secret, to be read once the tests are through."""
    report: int
    status: int
    """PID 1's own; the program never sees it."""
    artefacts: int
    channel: int = -1
    """To the other box of a strict run; -1 where there is none."""

    def ends(self) -> list[int]:
        """Every one that is there."""
        return [end for end in self if end >= 0]


class Surroundings(NamedTuple):
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


def _write_files(folder: str, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        if content[:4] == b"\x7fELF":
            os.chmod(path, 0o755)


def _become_program(job: Job, pipes: Pipes, surroundings: Surroundings) -> NoReturn:
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if job.command is not None:  # what a Python program inherits is what a fresh interpreter has
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
        os.chdir(surroundings.folder)
        for target, source in enumerate((pipes.stdin, pipes.stdout, pipes.stderr)):
            os.dup2(source, target)
        kept = [pipes.secret, pipes.report, *([pipes.channel] if job.role else [])]
        secret, report, *channel = _only(kept, inheritable=job.command is not None)
        confine(job, seccomp=surroundings.seccomp, process_allowance=surroundings.process_allowance)
        if job.command is None:
            run_python(job, secret, report, *channel)
        os.execve(job.command[0], job.command, job.environment)
    except BaseException as error:
        os.write(2, f"codetune: the box could not start the program: {error!r}\n".encode())
    os._exit(127)


def _close_all_but(pipes: Pipes) -> None:
    """Close what the zygote has open: its ends of the pipes, and its line to the runner."""
    low = 3
    for end in sorted(pipes.ends()):
        os.closerange(low, end)
        low = end + 1
    os.closerange(low, 1 << 20)


def _only(kept: list[int], *, inheritable: bool) -> list[int]:
    """Close every file but the three standard ones and these, which become 3, 4, ..."""
    high = 64
    for offset, end in enumerate(kept):
        os.dup2(end, high + offset)
    os.closerange(3, high)
    os.closerange(high + len(kept), 1 << 20)
    for offset in range(len(kept)):
        os.dup2(high + offset, 3 + offset, inheritable)
    os.closerange(high, high + len(kept))
    return list(range(3, 3 + len(kept)))


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


def _look(watch: _Watch, job: Job, surroundings: Surroundings) -> None:
    """Compare what living and ended processes use with the limits."""
    watch.last = living_usage(surroundings.list_processes())
    watch.peak_tasks = max(watch.peak_tasks, watch.last.tasks)
    if surroundings.watch_memory:
        watch.peak_memory = max(watch.peak_memory, watch.last.memory_bytes)
        if watch.last.memory_bytes > job.memory_bytes:
            watch.stopped = "memory"
    if watch.reaped_cpu + watch.last.cpu_seconds >= job.cpu_seconds:
        watch.stopped = "cpu"


def _watch(job: Job, program: int, surroundings: Surroundings) -> _Watch:
    watch = _Watch()
    pause = _FIRST_LOOK_SECONDS
    some_left = True
    while watch.status is None and watch.stopped is None:
        if signal.sigtimedwait((signal.SIGCHLD,), pause) is None:
            _look(watch, job, surroundings)
            pause = min(pause * 1.5, _LONGEST_LOOK_SECONDS)
        some_left = _reap(watch, program)
    if watch.stopped is None:
        # What the program left running counts as its own, and ends with it.
        watch.last = living_usage(surroundings.list_processes()) if some_left else Usage()
    return watch


def _collect(job: Job, folder: str, artefacts: int) -> None:
    """Send files back; the program may have put anything there, so only plain files are taken."""
    for name in _expand(job.collect, folder):
        try:
            handle = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        with open(handle, "rb") as file:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                content = file.read(job.disk_bytes)
                label = name.encode()
                frame = len(label).to_bytes(4, "big") + len(content).to_bytes(8, "big") + label + content
                view = memoryview(frame)
                while view:
                    view = view[os.write(artefacts, view) :]


def _expand(names: list[str], folder: str) -> list[str]:
    """A name that ends in a slash stands for every file under that folder."""
    found = []
    for name in names:
        if not name.endswith("/"):
            found.append(name)
            continue
        for root, _, files in os.walk(os.path.join(folder, name)):
            found += [os.path.relpath(os.path.join(root, file), folder) for file in sorted(files)]
    return found[:_MOST_ARTEFACTS]


def _disk_is_full(folder: str) -> bool:
    try:
        room = os.statvfs(folder)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < _SMALLEST_FREE_BYTES or room.f_favail == 0


def run_box(job: Job, pipes: Pipes, surroundings: Surroundings) -> NoReturn:
    """Be PID 1 for one run; the isolation stands already."""
    answer: dict[str, Any]
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGCHLD,))
        _close_all_but(pipes)
        _write_files(surroundings.folder, job.files)
        began = time.monotonic()
        program = fork_quickly()
        if program == 0:
            gc.enable()
            _become_program(job, pipes, surroundings)
        for end in pipes.ends():
            if end not in (pipes.status, pipes.artefacts):
                os.close(end)
        watch = _watch(job, program, surroundings)
        answer = {
            "status": watch.status,
            "stopped": watch.stopped,
            "cpu_seconds": watch.reaped_cpu + watch.last.cpu_seconds,
            "seconds": time.monotonic() - began,
            "peak_memory": watch.peak_memory,
            "peak_tasks": watch.peak_tasks,
            "disk_full": _disk_is_full(surroundings.folder),
        }
        if job.collect and watch.stopped is None:
            _collect(job, surroundings.folder, pipes.artefacts)
    except BaseException as error:
        answer = {"broken": repr(error)}
    with contextlib.suppress(OSError):
        os.write(pipes.status, json.dumps(answer).encode())
    os._exit(0)
