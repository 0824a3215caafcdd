"""A process that runs plain tests one after another, so that each strict run needn't fork one for them.

What goes in is a job and the channel to its program; what comes out is how the tests ended. The process
never runs a program's code. It is confined like one, and is replaced when a limit was reached, when it
has grown, and before anything but plain tests runs in its zygote.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import time
import types
from typing import Any, NoReturn

from codetune.execution.box.isolation.limits import confine
from codetune.execution.box.isolation.syscalls import fork_quickly, set_process_name
from codetune.execution.box.job import BoxJob
from codetune.execution.box.process.python_program import (
    TESTS_NAME,
    compile_text,
    describe,
    failure_kind,
)
from codetune.execution.box.process.usage import living_usage
from codetune.execution.box.strict.plain_tests import are_plain
from codetune.execution.box.strict.test_side import bind_names
from codetune.execution.box.wire import ConnectionClosed, pack, receive

__all__ = ["WORKER_NAME", "TestWorker"]

WORKER_NAME = "codetune-tests"
"""What the process is called in the list of processes; at most 15 characters."""
_OUR_FAULT, _NO_MEMORY = 1, 3
"""How it leaves where it can't answer."""
_MOST_JOBS = 500
_MOST_GROWTH_BYTES = 64 << 20
_LOOK_SECONDS = 0.5
_NEVER = 10**6
"""Seconds; the CPU time of each job is compared from outside."""


class TestWorker:
    """The process, as its zygote sees it.

    Args:
        seccomp: The filter of every program.
        process_allowance: RLIMIT_NPROC.
    """

    __test__ = False  # for pytest: not a class of tests

    def __init__(self, *, seccomp: bytes | None, process_allowance: int | None) -> None:
        self._socket, theirs = socket.socketpair()
        self.pid = fork_quickly()
        if self.pid == 0:
            _serve(theirs, seccomp, process_allowance)
        theirs.close()
        self.is_worn = False
        """Whether it leaves by itself, as it does when it has grown or after many jobs."""

    def run(
        self, header: dict[str, Any], blobs: list[bytes], job: BoxJob, channel: int, control: socket.socket
    ) -> dict[str, Any] | None:
        """Run one job's tests.

        Args:
            header: Of the job's frame.
            blobs: Of the job's frame.
            job: The same, read.
            channel: To the program.
            control: The runner's connection; when it closes, the run is ended.

        Returns:
            The evidence; None where the tests are not plain, and nothing was run.

        Raises:
            ConnectionClosed: The runner is gone.
        """
        began, used_before = time.monotonic(), self._cpu_seconds()
        stopped: str | None = None
        try:
            self._socket.sendall(pack(header, blobs))
            socket.send_fds(self._socket, [b"+"], [channel])
        except OSError:
            stopped = "gone"
        poll = select.poll()
        for end in (self._socket.fileno(), control.fileno()):
            poll.register(end, select.POLLIN)
        while stopped is None:
            ready = [end for end, _ in poll.poll(_LOOK_SECONDS * 1000)]
            if self._socket.fileno() in ready:
                break
            if control.fileno() in ready:
                self.end()
                raise ConnectionClosed
            if self._cpu_seconds() - used_before >= job.cpu_seconds:
                stopped = "cpu"
            elif time.monotonic() - began >= job.wall_seconds:
                stopped = "wall"
        seconds = time.monotonic() - began
        if stopped is None:
            try:
                answer, _ = receive(self._socket)
            except (ConnectionClosed, OSError):
                stopped = "gone"
            else:
                self.is_worn = answer.pop("leaves")
                return None if answer["kind"] == "not-plain" else _evidence(seconds, report=answer)
        status = self.end()
        if stopped == "gone" and os.WIFEXITED(status):
            if os.WEXITSTATUS(status) != _NO_MEMORY:
                return _evidence(seconds, broken="the process that runs plain tests failed")
            stopped = "memory"
        if stopped == "gone":  # ended by a signal, in the middle of what the program answered
            return _evidence(seconds, status=status)
        return _evidence(seconds, stopped=stopped)

    def _cpu_seconds(self) -> float:
        return living_usage([self.pid]).cpu_seconds

    def end(self) -> int:
        """End it; returns its wait status."""
        self._socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            return os.waitpid(self.pid, 0)[1]
        return 0


def _evidence(seconds: float, **more: Any) -> dict[str, Any]:
    return {"wall_seconds": seconds, "output_bytes": 0, **more}


def _serve(line: socket.socket, seccomp: bytes | None, process_allowance: int | None) -> NoReturn:
    """Be the worker, for good."""
    try:
        os.setsid()
        set_process_name(WORKER_NAME)
        null = os.open("/dev/null", os.O_RDWR)
        for end in range(3):
            os.dup2(null, end)
        own = os.dup2(line.fileno(), 3, inheritable=False)
        os.closerange(4, 1 << 20)
        limits: dict[str, Any] = dict.fromkeys(BoxJob._fields, 0)
        limits |= {
            "cpu_seconds": _NEVER,
            "disk_bytes": 1 << 20,
            "stack_bytes": 64 << 20,
            "command": None,
        }
        confine(BoxJob(**limits), seccomp=seccomp, process_allowance=process_allowance)
        control = socket.socket(fileno=own)
        least = _mapped_bytes()
        jobs_left, leaves = _MOST_JOBS, False
        while not leaves:
            header, blobs = receive(control)
            channel = socket.recv_fds(control, 1, 1)[1][0]
            job = BoxJob.of(header, blobs)
            resource.setrlimit(resource.RLIMIT_AS, (least + job.memory_bytes, resource.RLIM_INFINITY))
            answer = _run(job, channel)
            os.close(channel)
            grown = _mapped_bytes() > least + _MOST_GROWTH_BYTES
            jobs_left -= 1
            leaves = answer["kind"] == "memory" or grown or not jobs_left
            control.sendall(pack({**answer, "leaves": leaves}))
    except MemoryError:
        os._exit(_NO_MEMORY)
    except BaseException:
        os._exit(_OUR_FAULT)
    finally:
        os._exit(0)


def _mapped_bytes() -> int:
    handle = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(handle, 200).split()[0]) * resource.getpagesize()
    finally:
        os.close(handle)


def _run(job: BoxJob, channel: int) -> dict[str, str]:
    """Run one job's tests in names of their own."""
    phase = "tests-compile"
    try:
        tests = compile_text(job.tests or b"", TESTS_NAME)
        if not are_plain(tests):
            return {"kind": "not-plain", "detail": ""}
        phase = "tests"
        names: dict[str, Any] = types.ModuleType("solution").__dict__
        names["__builtins__"] = __builtins__
        names.update(bind_names(tests, job.tests or b"", job.code, channel))
        names["__name__"] = "__main__"
        exec(tests, names)
    except BaseException as error:
        return {"kind": failure_kind(error, phase), "detail": describe(error)}
    return {"kind": "end", "detail": ""}
