"""The zygote's side of one run: pipes, clock and output cap, and the evidence gathered."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from codetune.execution.box.capture import Capture
from codetune.execution.box.init import Pipes
from codetune.execution.box.job import Job
from codetune.execution.box.python_program import SECRET_BYTES, UNSIGNED
from codetune.execution.box.usage import tree_usage
from codetune.execution.box.wire import ConnectionClosed, pack

__all__ = ["run_job"]

_REPORT_BYTES = 256 << 10
_CHUNK = 64 << 10
_LONGEST_GRANT, _LEAST_GRANT = 8.0, 0.05
"""Of the wall limit: what may be added to it, at most in all and at least at a time, for waiting for a core."""


class _Run:
    """One run while it lasts."""

    def __init__(self, job: Job, channel: int) -> None:
        self.job = job
        self.channel = channel
        self.secret = os.urandom(SECRET_BYTES // 2).hex().encode()
        self.stopped: str | None = None
        self.cpu_seconds = self.waited_for_cpu = 0.0
        self.stdout, self.stderr = Capture(job.keep_bytes), Capture(job.keep_bytes)
        self.report, self.status = Capture(_REPORT_BYTES), Capture(_REPORT_BYTES)
        self.artefacts = Capture(max(job.disk_bytes, _CHUNK) if job.collect else 0)
        self.ours: dict[int, Capture] = {}
        self.stdin_left = memoryview(job.stdin or b"")
        self.stdin_end = -1

    def open_pipes(self) -> Pipes:
        """Make every pipe; the box's ends are returned, ours are kept."""
        ends = []
        for capture in (self.stdout, self.stderr, self.report, self.status, self.artefacts):
            read, write = os.pipe()
            os.set_blocking(read, False)
            self.ours[read] = capture
            ends.append(write)
        if self.job.stdin is None:
            stdin = os.open("/dev/null", os.O_RDONLY)
        else:
            stdin, self.stdin_end = os.pipe()
            os.set_blocking(self.stdin_end, False)
        secret, fill = os.pipe()
        os.write(fill, self.secret)
        os.close(fill)
        out, err, report, status, artefacts = ends
        return Pipes(stdin, out, err, secret, report, status, artefacts, self.channel)

    def stop(self, why: str, pid: int) -> None:
        """End it, and note what it used: PID 1 won't be there to tell."""
        self.stopped = why
        self.cpu_seconds, self.waited_for_cpu = tree_usage(pid)
        _kill(pid)

    def feed_stdin(self) -> None:
        """Give the program as much input as it takes now."""
        try:
            written = os.write(self.stdin_end, self.stdin_left[:_CHUNK])
            self.stdin_left = self.stdin_left[written:]
        except BlockingIOError:
            return
        except OSError:  # it doesn't read any more
            self.stdin_left = self.stdin_left[:0]

    @property
    def output_bytes(self) -> int:
        return self.stdout.total + self.stderr.total

    def reported(self) -> dict[str, Any] | None:
        """What was said with the secret, or else a failure said without it; anything more is noise."""
        content = self.report.content()
        signed = _said(content, self.secret)
        if signed is not None:
            return signed
        said = _said(content, UNSIGNED)
        return None if said is None or said.get("kind") in ("end", "tests-compile") else said


def _said(content: bytes, sign: bytes) -> dict[str, Any] | None:
    _, found, payload = content.partition(sign)
    if not found:
        return None
    try:
        said, _ = json.JSONDecoder().raw_decode(payload.decode("utf-8", "replace"))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _drain(run: _Run, end: int) -> bool:
    """Read what is there; False at the end of the stream."""
    try:
        chunk = os.read(end, _CHUNK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    run.ours[end].add(chunk)
    return bool(chunk)


def _follow(run: _Run, pid: int, status_end: int, control: socket.socket) -> None:
    """Read until PID 1 is gone, or end it when time or output is up."""
    poll = select.poll()
    for end in run.ours:
        poll.register(end, select.POLLIN)
    poll.register(control.fileno(), select.POLLIN)
    if run.stdin_end >= 0:
        poll.register(run.stdin_end, select.POLLOUT)
    deadline = time.monotonic() + run.job.wall_seconds
    granted = 0.0
    while True:
        left = deadline - time.monotonic()
        if left <= 0 and run.stopped is None:
            # On a busy machine the clock runs while the program waits for a core: that isn't its time.
            waited = min(tree_usage(pid)[1], _LONGEST_GRANT * run.job.wall_seconds)
            if waited - granted > _LEAST_GRANT * run.job.wall_seconds:
                deadline, left, granted = deadline + waited - granted, waited - granted, waited
            else:
                run.stop("wall", pid)
        for end, event in poll.poll(max(left, 0) * 1000 + 1 if run.stopped is None else None):
            if end == control.fileno():
                if not control.recv(1):  # the runner is gone, and with it the sense of this
                    _kill(pid)
                    raise ConnectionClosed
                run.stop("released", pid)
                poll.unregister(end)
                continue
            if end == run.stdin_end:
                run.feed_stdin()
                if not run.stdin_left or event & select.POLLERR:
                    poll.unregister(end)
                    os.close(end)
                    run.stdin_end = -1
            elif not _drain(run, end):
                poll.unregister(end)
                if end == status_end:
                    return
        if run.output_bytes > run.job.output_bytes and run.stopped is None:
            run.stop("output", pid)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def run_job(
    job: Job,
    launch: Callable[[Job, Pipes], int],
    sweep: Callable[[], None],
    control: socket.socket,
    channel: int = -1,
) -> bytes:
    """Run one job to its end and make the answer frame.

    Args:
        job: What to run.
        launch: Starts PID 1 of a box and returns its pid here.
        sweep: Removes what the end of PID 1 alone doesn't.
        control: The runner's connection; when it closes, the run is ended. A strict run's program is
            also ended when the runner sends one byte, which it always does once the tests are through.
        channel: To the other box of a strict run, or -1; closed here once the box has it.
    """
    began = time.monotonic()
    run = _Run(job, channel)
    pipes = run.open_pipes()
    theirs = pipes.ends()
    status_end = next(end for end, capture in run.ours.items() if capture is run.status)
    try:
        pid = launch(job, pipes)
    finally:
        for end in theirs:
            os.close(end)
    try:
        _follow(run, pid, status_end, control)
        _, wait_status = os.waitpid(pid, 0)
        sweep()
        for end in run.ours:
            while run.ours[end].total < 1 << 40 and _more(run, end):
                pass
    finally:
        for end in run.ours:
            os.close(end)
        if run.stdin_end >= 0:
            os.close(run.stdin_end)
    if job.role == "program" and run.stopped != "released" and not control.recv(1):
        raise ConnectionClosed
    said = run.status.content()
    header = {
        **(json.loads(said) if said else {}),
        "init_status": wait_status,
        "report": run.reported(),
        "wall_seconds": time.monotonic() - began,
        "output_bytes": run.output_bytes,
    }
    if run.stopped is not None:
        header |= {
            "stopped": run.stopped,
            "cpu_seconds": run.cpu_seconds,
            "waited_for_cpu": run.waited_for_cpu,
        }
    return pack(header, [run.stdout.content(), run.stderr.content(), run.artefacts.content()])


def _more(run: _Run, end: int) -> bool:
    """Read on a finished run's pipe; False when it is empty or at its end."""
    before = run.ours[end].total
    return _drain(run, end) and run.ours[end].total > before
