"""Tier `none`: limits and a folder of its own, but no wall. Only on the user's express word."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from typing import Any

from codetune.execution.box.box import ReportingBox
from codetune.execution.box.isolation.syscalls import set_child_subreaper
from codetune.execution.box.job import BoxJob
from codetune.execution.box.process.exec_program import Pipes
from codetune.execution.box.process.init import InitOptions, run_box
from codetune.execution.box.process.usage import host_descendants

__all__ = ["Unsandboxed", "prepare"]


class Unsandboxed:
    """Forks plain processes; ends every descendant afterwards."""

    def __init__(self) -> None:
        set_child_subreaper()
        self.facts: dict[str, Any] = {"seccomp": False}
        self._folder: str | None = None

    def launch(self, job: BoxJob, pipes: Pipes) -> ReportingBox:
        """Start the stand-in for PID 1, in a folder that is removed afterwards."""
        self._folder = tempfile.mkdtemp(prefix="codetune-box-")
        pid = os.fork()
        if pid:
            return ReportingBox(pid, self._sweep)
        set_child_subreaper()
        own = os.getpid()
        options = InitOptions(folder=self._folder, list_processes=lambda: host_descendants(own))
        return run_box(job, pipes, options)

    def _sweep(self) -> None:
        """Kill and reap whatever the program left, then remove its folder."""
        while left := host_descendants(os.getpid()):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
        if self._folder is not None:
            _make_removable(self._folder)
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _make_removable(folder: str) -> None:
    for root, names, _ in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if not os.path.islink(path):
                with contextlib.suppress(OSError):
                    os.chmod(path, 0o700)


def prepare(config: dict[str, Any]) -> Unsandboxed:
    """Nothing to set up."""
    return Unsandboxed()
