"""The zygote's side of one run: pipes, clock and output cap, and the evidence gathered."""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import socket
import time

from codetune.execution.box.box import Box, Wall
from codetune.execution.box.job import BoxJob
from codetune.execution.box.process.capture import Capture
from codetune.execution.box.process.exec_program import Pipes
from codetune.execution.box.process.python_program import END, FAILURES, REQUEST, SECRET_BYTES, UNSIGNED
from codetune.execution.box.wire import ConnectionClosed, pack

__all__ = ["parse_report", "run_job"]

_REPORT_BYTES = 256 << 10
_CHUNK = 64 << 10
_ASK_AGAIN_SECONDS, _LONGEST_ASK_SECONDS = 0.00025, 0.05
_DETAIL_CHARACTERS = 1000
_LONGEST_GRANT, _LEAST_GRANT = 8.0, 0.05
"""Of the wall limit: what may be added to it, at most in all and at least at a time, for waiting for a core."""


class _Run:
    """One run while it lasts."""

    def __init__(self, job: BoxJob, channel: int) -> None:
        self.job = job
        self.channel = channel
        self.secret = b""
        self._secret_end = -1
        self.stopped: str | None = None
        self.cpu_seconds = self.waited_for_cpu = 0.0
        self.stdout, self.stderr = Capture(job.keep_bytes), Capture(job.keep_bytes)
        self.report, self.status = Capture(_REPORT_BYTES), Capture(_REPORT_BYTES)
        self.artefacts = Capture(max(job.disk_bytes, _CHUNK) if job.collect else 0)
        self.ours: dict[int, Capture] = {}
        self.stdin_left = memoryview(job.stdin or b"")
        self.stdin_end = -1
        self.asks = False
        self.ask_pause = _ASK_AGAIN_SECONDS
        self._is_told_at_the_end = job.command is None and job.role in (None, "check")

    def open_pipes(self) -> Pipes:
        """Make every pipe; the box's ends are returned, ours are kept."""
        ends = []
        captures = (self.stdout, self.stderr, self.report, self.status)
        for capture in (*captures, self.artefacts) if self.job.collect else captures:
            read, write = os.pipe()
            os.set_blocking(read, False)
            self.ours[read] = capture
            ends.append(write)
        if self.job.stdin is None:
            stdin = os.open("/dev/null", os.O_RDONLY)
        else:
            stdin, self.stdin_end = os.pipe()
            os.set_blocking(self.stdin_end, False)
        secret, self._secret_end = os.pipe()
        out, err, report, status = ends[:4]
        artefacts = ends[4] if self.job.collect else -1
        return Pipes(stdin, out, err, secret, report, status, artefacts, self.channel)

    def draw_secret(self) -> None:
        """Make the secret: after the fork, so that the program's memory lacks it.

        A Python program gets it when it has come to its end. Those of other languages find it in
        their pipe, and the test side of a strict run does.
        """
        self.secret = os.urandom(SECRET_BYTES // 2).hex().encode()
        if not self._is_told_at_the_end:
            self.tell_secret()

    def tell_secret(self) -> None:
        """Put the secret into its pipe, once."""
        if self._secret_end >= 0:
            with contextlib.suppress(OSError):
                os.write(self._secret_end, self.secret)
            self.close_secret()

    def close_secret(self) -> None:
        """Give no secret, or no other one."""
        if self._secret_end >= 0:
            os.close(self._secret_end)
            self._secret_end = -1

    def answer_request(self, box: Box) -> None:
        """Hand out the secret if the program waits at its end; refuse it for good if it waits elsewhere."""
        found = box.is_at_its_end()
        if found is None:
            self.ask_pause = min(2 * self.ask_pause, _LONGEST_ASK_SECONDS)
            return
        self.asks = False
        if found:
            self.tell_secret()
        else:
            self.close_secret()

    def stop(self, why: str, box: Box) -> None:
        """End it, and note what it used: nobody will be there to tell."""
        self.stopped = why
        if why != "released":
            self.cpu_seconds, self.waited_for_cpu = box.usage()
        box.kill()

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

    def reported(self) -> dict[str, str] | None:
        """What was said with the secret, or else a failure said without it; anything more is noise."""
        return parse_report(self.report.content(), self.secret)


def parse_report(content: bytes, secret: bytes) -> dict[str, str] | None:
    """Read what a process wrote into its report pipe; the program may have written all of it.

    Returns:
        `kind` and `detail`, both text; None where there is no report. The kind `end` comes only from
        a report signed with the secret.
    """
    return _signed(content, secret) or _unsigned(content)


def _signed(content: bytes, secret: bytes) -> dict[str, str] | None:
    _, found, payload = content.partition(secret)
    return {"kind": "end", "detail": ""} if found and payload.startswith(END) else None


def _unsigned(content: bytes) -> dict[str, str] | None:
    _, found, payload = content.partition(UNSIGNED)
    if not found:
        return None
    try:
        said, _ = json.JSONDecoder().raw_decode(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if type(said) is not dict:
        return None
    kind, detail = said.get("kind"), said.get("detail", "")
    if type(kind) is not str or kind not in FAILURES or type(detail) is not str:
        return None
    return {"kind": kind, "detail": detail[:_DETAIL_CHARACTERS]}


def _drain(run: _Run, end: int) -> bool:
    """Read what is there; False at the end of the stream."""
    try:
        chunk = os.read(end, _CHUNK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    capture = run.ours[end]
    capture.add(chunk)
    if capture is run.report and REQUEST in chunk:
        run.asks = True
    return bool(chunk)


def _follow(run: _Run, box: Box, status_end: int, control: socket.socket) -> None:
    """Read until the program is over, or end it when time, output or another limit is up."""
    poll = select.poll()
    for end in run.ours:
        poll.register(end, select.POLLIN)
    poll.register(control.fileno(), select.POLLIN)
    if run.stdin_end >= 0:
        poll.register(run.stdin_end, select.POLLOUT)
    if box.end is not None:
        poll.register(box.end, select.POLLIN)
    began = time.monotonic()
    deadline, granted = began + run.job.wall_seconds, 0.0
    next_look = math.inf if box.pause is None else began + box.pause
    while True:
        now = time.monotonic()
        if now >= next_look and box.pause is not None and run.stopped is None:
            if (why := box.look()) is not None:
                run.stop(why, box)
            next_look = time.monotonic() + box.pause
        if now >= deadline and run.stopped is None:
            # On a busy machine the clock runs while the program waits for a core: that isn't its time.
            waited = min(box.usage()[1], _LONGEST_GRANT * run.job.wall_seconds)
            if waited - granted > _LEAST_GRANT * run.job.wall_seconds:
                deadline, granted = now + waited - granted, waited
            else:
                run.stop("wall", box)
        if run.asks:
            run.answer_request(box)
        left = max(min(deadline, next_look) - now, 0)
        if run.asks:
            left = min(left, run.ask_pause)
        for end, event in poll.poll(left * 1000 + 1 if run.stopped is None else None):
            if end == box.end:
                return
            if end == control.fileno():
                if not control.recv(1):  # the runner is gone, and with it the sense of this
                    box.kill()
                    raise ConnectionClosed
                run.stop("released", box)
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
                if end == status_end and box.end is None:
                    return
        if run.output_bytes > run.job.output_bytes and run.stopped is None:
            run.stop("output", box)


def run_job(job: BoxJob, wall: Wall, control: socket.socket, channel: int = -1) -> bytes:
    """Run one job to its end and make the answer frame.

    Args:
        job: What to run.
        wall: Makes the box.
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
        box = wall.launch(job, pipes)
        run.draw_secret()
    except BaseException:
        run.close_secret()
        raise
    finally:
        for end in theirs:
            os.close(end)
    try:
        _follow(run, box, status_end, control)
        used = box.leave(run.artefacts)
        for end in run.ours:
            while run.ours[end].total < 1 << 40 and _more(run, end):
                pass
    finally:
        run.close_secret()
        for end in run.ours:
            os.close(end)
        if run.stdin_end >= 0:
            os.close(run.stdin_end)
    if job.role == "program" and run.stopped != "released" and not control.recv(1):
        raise ConnectionClosed
    said = run.status.content()
    header = {
        **used,
        **(json.loads(said) if said else {}),
        "report": run.reported(),
        "wall_seconds": time.monotonic() - began,
        "output_bytes": run.output_bytes,
    }
    if run.stopped == "released":
        header["stopped"] = run.stopped
    elif run.stopped is not None:
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
