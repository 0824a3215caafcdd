"""One place where programs run, one at a time: a zygote process and the socket to it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codetune.errors import ExecutionError
from codetune.execution.box.wire import ConnectionClosed, pack, receive
from codetune.execution.host.box_view import ENVIRONMENT, BoxView, base_python, python_path
from codetune.execution.host.cgroups import SlotGroups
from codetune.execution.host.job import Job

__all__ = ["Slot", "SlotSpec", "SlotUnavailable", "can_switch_user", "slot_users"]

_SOURCE = Path(__file__).resolve().parents[3]
# The zygote takes our folder from the path, and our modules out of sight, before it makes a box.
_START = (
    "import sys; sys.path.append(sys.argv[2]); "
    "from codetune.execution.box import zygote; "
    "import os, socket; zygote.main(socket.socket(fileno=int(sys.argv[1]))); os._exit(0)"
)
_FIRST_SLOT_USER = 70_000
_SLOT_USERS_PER_RUNNER = 64


def slot_users() -> range:
    """Users of this runner's slots when it runs as root: nobody's, and no other runner's."""
    first = _FIRST_SLOT_USER + os.getpid() % 10_000 * _SLOT_USERS_PER_RUNNER
    return range(first, first + _SLOT_USERS_PER_RUNNER)


def can_switch_user(user: int) -> bool:
    """Whether this is root of a machine, not of a container that knows a few users only."""
    if os.geteuid() != 0:
        return False
    lines = Path("/proc/self/uid_map").read_text().splitlines()
    ranges = [(int(first), int(size)) for first, _, size in map(str.split, lines)]
    return any(first <= user < first + size for first, size in ranges)


class SlotUnavailable(ExecutionError):
    """The machine doesn't allow this tier; says at which step and why."""

    def __init__(self, step: str, cause: str) -> None:
        super().__init__(f"{step}: {cause}")
        self.step = step
        self.cause = cause

    def __reduce__(self) -> tuple[object, ...]:
        return (SlotUnavailable, (self.step, self.cause))


@dataclass(frozen=True)
class SlotSpec:
    """What every slot of an executor has in common."""

    tier: str
    view: BoxView
    bwrap: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Slot:
    """A zygote.

    Attributes:
        overwhelmed: The job used so much memory that the kernel ended the zygote with it.

    Args:
        spec: Tier and view.
        number: Which slot of this runner, from 0; it makes the slot's user.

    Raises:
        SlotUnavailable: The tier doesn't hold on this machine.
    """

    def __init__(self, spec: SlotSpec, number: int) -> None:
        self.spec = spec
        self.number = number
        self.jobs_done = 0
        self.overwhelmed = False
        self.groups = SlotGroups.create(number) if spec.tier != "none" else None
        ours, theirs = socket.socketpair()
        self.socket = ours
        command = [base_python(), "-S", "-s", "-P", "-B", "-c", _START, str(theirs.fileno()), str(_SOURCE)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            env=ENVIRONMENT,
            start_new_session=True,  # Ctrl-C at the terminal is the runner's business
            cwd="/",
        )
        theirs.close()
        try:
            if self.groups is not None:
                self.groups.add(self._process.pid)
            self._introduce()
        except BaseException:
            self.close()
            raise

    def _introduce(self) -> None:
        user = slot_users()[self.number % _SLOT_USERS_PER_RUNNER]
        config = {
            "tier": self.spec.tier,
            "slot_user": user if can_switch_user(user) and self.spec.tier == "namespaces" else None,
            "folders": self.spec.view.folders,
            "links": self.spec.view.links,
            "hidden": self.spec.view.hidden,
            "python": base_python(),
            "python_path": python_path(),
            "bwrap": self.spec.bwrap,
            "watch_memory": self.groups is None or not self.groups.holds_memory,
            "group_counts_processes": self.groups is not None and self.groups.holds_processes,
        }
        try:
            self.socket.sendall(pack(config))
            result, _ = receive(self.socket)
        except (ConnectionClosed, OSError) as error:
            raise SlotUnavailable("starting the zygote", f"it ended at once ({error})") from error
        if not result["ready"]:
            raise SlotUnavailable(result["step"] or "starting the zygote", result["error"])
        self.facts = result

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, job: Job[Any], channel: int = -1) -> None:
        """Give the zygote a job; it must be idle. A strict run's half gets its end of the channel too.

        Raises:
            ConnectionClosed: The zygote is gone.
        """
        frame = job.frame
        if self.groups is not None:
            self.groups.limit(memory_bytes=job.memory_bytes, processes=job.processes)
        try:
            self.socket.sendall(frame)
            if channel >= 0:
                socket.send_fds(self.socket, [b"+"], [channel])
        except OSError as error:
            raise ConnectionClosed from error

    def receive(self) -> tuple[dict[str, Any], list[bytes]]:
        """The result to the job given, with what the control groups saw.

        Raises:
            ConnectionClosed: The zygote is gone.
        """
        try:
            header, blobs = receive(self.socket)
        except ConnectionClosed:
            if self.groups is not None and self.groups.events().get("oom_killed"):
                # Memory that is no process's own: the kernel took the largest, and that was the zygote.
                self.overwhelmed = True
            raise
        self.jobs_done += 1
        if self.groups is not None:
            header.update(self.groups.events())
        return header, blobs

    def close(self) -> None:
        """End the zygote, and with it whatever runs in its box."""
        self.socket.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self.groups is not None:
            self.groups.remove()
