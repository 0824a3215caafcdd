"""The zygote: a bare, warm, single-threaded interpreter that makes one box after another.

It is started by the runner with one socket, goes behind the wall itself (mounts, network, user),
and from then on forks a fresh box for each job. It never runs untrusted code and never holds more
than the job at hand.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
import socket
import sys
from typing import Any

from codetune.execution.box.job import BoxJob
from codetune.execution.box.strict.plain_tests import may_be_plain
from codetune.execution.box.supervise import run_job
from codetune.execution.box.wire import ConnectionClosed, pack, receive

__all__ = ["main"]

# What solutions import most; a fork gets them for nothing.
_WARM = (
    "abc", "bisect", "cmath", "collections", "collections.abc", "contextlib", "copy",
    "datetime", "enum", "functools", "heapq", "io", "itertools", "json", "math", "numbers", "operator",
    "random", "re", "string", "threading", "time", "traceback", "typing",
)  # fmt: skip
# What is left out (unittest, decimal, hashlib, numpy) would cost every fork more than it saves the few.
_TIERS = {"namespaces": "namespaces", "bubblewrap": "bubblewrap", "none": "unsandboxed"}


def _warm_up() -> None:
    for name in _WARM:
        with contextlib.suppress(ImportError):
            __import__(name)
    random.seed(0)  # the same program draws the same numbers in every box
    gc.collect()
    gc.freeze()  # so that the children's collections don't touch, and so copy, these pages


def _prepare(config: dict[str, Any]) -> Any:
    # Only the tier that is used: every page the zygote has makes each fork dearer.
    tier = importlib.import_module(f"codetune.execution.box.isolation.{_TIERS[config['tier']]}")
    sys.path[:] = [*config["python_path"]]
    for name in [name for name in sys.modules if name.partition(".")[0] == "codetune"]:
        del sys.modules[name]  # what runs in a box is a program of the bare interpreter
    _warm_up()
    return tier.prepare(config)


_EMPTY = {
    "files": [], "has_tests": True, "has_stdin": False, "command": None, "collect": [], "environment": {},
    "cpu_seconds": 5.0, "wall_seconds": 10.0, "memory_bytes": 1 << 30, "output_bytes": 1 << 20,
    "disk_bytes": 1 << 20, "processes": 8, "keep_bytes": 1 << 10, "limit_address_space": True,
    "stack_bytes": 64 << 20,
}  # fmt: skip


def _learn_the_end(tier: Any) -> None:
    """Run programs of ours before any other: the tier sees where a program waits that came to its end."""
    if not hasattr(tier, "learn_ends"):
        return
    ours, theirs = socket.socketpair()
    with ours, theirs:
        tier.learn_ends(lambda text: run_job(BoxJob.of(dict(_EMPTY), [text, b"", b""]), tier, theirs))


class _TestWorkers:
    """Runs plain tests of strict runs in one process after another, where the tier has such a process."""

    def __init__(self, tier: Any) -> None:
        self._start = getattr(tier, "start_test_worker", None)
        self._worker: Any = None

    def run(
        self,
        header: dict[str, Any],
        blobs: list[bytes],
        job: BoxJob,
        channel: int,
        control: socket.socket,
    ) -> bytes | None:
        """The answer frame; None where the job needs a process of its own."""
        if self._start is None:
            return None
        if job.role == "tests" and may_be_plain(job.tests or b""):
            if self._worker is None:
                self._worker = self._start()
            evidence = self._worker.run(header, blobs, job, channel, control)
            if evidence is not None:
                os.close(channel)
                if "report" not in evidence:
                    self._worker = None  # ended already
                elif self._worker.is_worn:
                    self._end_worker()
                return pack(evidence, [b"", b"", b""])
        self._end_worker()  # nobody else lives where a box is made
        return None

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None


def main(control: socket.socket) -> None:
    """Serve jobs until the runner closes the connection."""
    config, _ = receive(control)
    try:
        tier = _prepare(config)
    except Exception as error:
        step = getattr(error, "step", "")
        control.sendall(pack({"ready": False, "error": str(error), "step": step}))
        return
    _learn_the_end(tier)
    control.sendall(pack({"ready": True, **tier.facts}))
    workers = _TestWorkers(tier)
    while True:
        try:
            header, blobs = receive(control)
            job = BoxJob.of(dict(header), blobs)
            channel = socket.recv_fds(control, 1, 1)[1][0] if job.role in ("program", "tests") else -1
            answer = workers.run(header, blobs, job, channel, control)
            control.sendall(answer or run_job(job, tier, control, channel))
        except (ConnectionClosed, BrokenPipeError):
            return
        except OSError as error:  # no process, no memory, no pipe: ours to report, not the program's
            control.sendall(pack({"broken": f"the box could not be made: {error}"}, [b"", b"", b""]))


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)
