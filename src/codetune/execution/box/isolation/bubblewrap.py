"""Tier `bubblewrap`: the same wall built by the `bwrap` program, a cold interpreter for each box.

For machines that refuse namespaces to ordinary programs but let bubblewrap have them (it is setuid
there, or has a profile of its own). Slower, and as strong.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from typing import Any, NoReturn

from codetune.execution.box.box import ReportingBox
from codetune.execution.box.isolation import seccomp
from codetune.execution.box.isolation.root import BOX
from codetune.execution.box.isolation.syscalls import set_child_subreaper, set_dumpable, set_no_new_privileges
from codetune.execution.box.job import BoxJob
from codetune.execution.box.process.exec_program import Pipes
from codetune.execution.box.process.init import InitOptions, run_box
from codetune.execution.box.wire import pack, receive

__all__ = ["Bubblewrap", "inner", "prepare"]

_OUR_OWN_PROCESSES = 4  # the zygote, bubblewrap's two, PID 1
_OUR_CODE = "/run/codetune"
_START = (
    "import sys; sys.path.append('" + _OUR_CODE + "'); "
    "from codetune.execution.box.isolation.bubblewrap import inner; inner([int(a) for a in sys.argv[1:]])"
)
_ETC = ("ld.so.cache", "alternatives", "localtime", "java-17-openjdk", "java-21-openjdk", "mono", "php")


class Bubblewrap:
    """Starts one `bwrap` for each job."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._python = config["python"]
        self._python_path = config["python_path"]
        self._watch_memory = config["watch_memory"]
        self.facts: dict[str, Any] = {"seccomp": seccomp.assemble() is not None}
        self._environment = dict(os.environ)
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self._command = [
            config["bwrap"], "--unshare-all", "--die-with-parent", "--as-pid-1", "--cap-drop", "ALL",
            "--uid", "1000", "--gid", "1000", "--hostname", "box", "--proc", "/proc", "--dev", "/dev",
        ]  # fmt: skip
        for real, path in config["folders"]:
            self._command += ["--ro-bind", real, path]
        for path in config["hidden"]:
            self._command += ["--tmpfs", path]
        for name in _ETC:
            self._command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        for target, path in config["links"]:
            self._command += ["--symlink", target, path]
        self._command += ["--ro-bind", package, f"{_OUR_CODE}/codetune/execution/box"]
        if not any(path.startswith("/tmp/") for _, path in config["folders"]):
            self._command += ["--symlink", BOX, "/tmp"]

    def launch(self, job: BoxJob, pipes: Pipes) -> ReportingBox:
        """Start bubblewrap, which starts `inner` as PID 1 of a fresh box."""
        request, feed = socket.socketpair()
        feeder = os.fork()
        if feeder == 0:  # the job may be larger than a socket holds
            request.close()
            with contextlib.suppress(OSError):
                feed.sendall(pack({"watch_memory": self._watch_memory, **_header(job)}, _blobs(job)))
            os._exit(0)
        feed.close()
        ends = [request.fileno(), *pipes]
        for end in (request.fileno(), *pipes.ends()):
            os.set_inheritable(end, True)
        command = [
            *self._command, "--size", str(job.disk_bytes), "--tmpfs", BOX, "--remount-ro", "/", "--chdir", BOX,
            "--",
            self._python, "-S", "-s", "-P", "-B", "-c", _START, *map(str, ends),
        ]  # fmt: skip
        # What bubblewrap itself has to say comes out as the program's stderr.
        actions = [(os.POSIX_SPAWN_DUP2, pipes.stderr, 2)]
        pid = os.posix_spawn(command[0], command, self._environment, file_actions=actions)
        request.close()
        return ReportingBox(pid, self._sweep)

    def _sweep(self) -> None:
        """Reap the feeders; the kernel did the rest."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _header(job: BoxJob) -> dict[str, Any]:
    names = [name for name in BoxJob._fields if name not in ("code", "tests", "stdin", "files")]
    return {
        **{name: getattr(job, name) for name in names},
        "has_tests": job.tests is not None,
        "has_stdin": job.stdin is not None,
        "files": list(job.files),
    }


def _blobs(job: BoxJob) -> list[bytes]:
    return [job.code, job.tests or b"", job.stdin or b"", *job.files.values()]


def inner(ends: list[int]) -> NoReturn:
    """PID 1 inside bubblewrap's walls."""
    pipes = Pipes(*ends[1:])
    for end in (ends[0], *pipes.ends()):
        os.set_inheritable(end, False)
    with socket.socket(fileno=ends[0]) as request:
        header, blobs = receive(request)
    watch_memory = header.pop("watch_memory")
    set_no_new_privileges()
    set_dumpable(False)
    job = BoxJob.of(header, blobs)
    options = InitOptions(
        seccomp=seccomp.assemble(),
        process_allowance=job.processes + _OUR_OWN_PROCESSES,
        watch_memory=watch_memory,
    )
    sys.path.remove(_OUR_CODE)
    run_box(job, pipes, options)


def prepare(config: dict[str, Any]) -> Bubblewrap:
    """Nothing to set up here; bubblewrap says at the first job whether it may."""
    set_child_subreaper()
    return Bubblewrap(config)
