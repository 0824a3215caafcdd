"""Tier `namespaces`: everything by the kernel, from a warm interpreter.

The zygote once goes into namespaces of its own (user, mount, network, UTS, IPC, cgroup) and drops
to a user that owns nothing. Each box then gets fresh mount, pid and IPC namespaces, a /box and a
/proc of its own, and gives up every capability before the program starts. The network namespace is
the zygote's: it is empty, nobody may configure it, and no two programs are in it at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Any

from codetune.execution.box import seccomp
from codetune.execution.box.init import Pipes, Surroundings, run_box
from codetune.execution.box.job import Job
from codetune.execution.box.root import build_root, hide_host_name, mount_box, mount_proc
from codetune.execution.box.syscalls import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    fork_into,
    set_dumpable,
    set_parent_death_signal,
    unshare,
)

__all__ = ["Namespaces", "SetupError", "prepare"]

BOX_USER = 1000
_OUR_OWN_PROCESSES = 2  # the zygote and PID 1 are counted with the program's


class SetupError(OSError):
    """A step that this machine refuses."""

    def __init__(self, step: str, error: OSError) -> None:
        super().__init__(error.errno, error.strerror or str(error))
        self.step = step

    def __str__(self) -> str:
        return f"{self.strerror}"


@contextlib.contextmanager
def _step(name: str) -> Any:
    try:
        yield
    except OSError as error:
        raise SetupError(name, error) from error


def _map_user(outside_user: int, outside_group: int) -> None:
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{BOX_USER} {outside_user} 1"),
        ("gid_map", f"{BOX_USER} {outside_group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


class Namespaces:
    """The zygote behind the wall; makes boxes."""

    def __init__(self, *, watch_memory: bool) -> None:
        self._seccomp = seccomp.assemble()
        self._watch_memory = watch_memory
        self.has_proc = True
        self.facts: dict[str, Any] = {"seccomp": self._seccomp is not None}

    def launch(self, job: Job, pipes: Pipes) -> int:
        """Start PID 1 of a fresh box."""
        pid = fork_into(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC)
        if pid:
            return pid
        try:
            set_parent_death_signal(signal.SIGKILL)
            set_dumpable(False)
            mount_box(job.disk_bytes, (BOX_USER, BOX_USER))
            mount_proc()
            os.chdir("/")
        except BaseException as error:
            os.write(pipes.status, b'{"broken": "%s"}' % repr(error).replace('"', "'").encode())
            os._exit(1)
        surroundings = Surroundings(
            seccomp=self._seccomp,
            process_allowance=job.processes + _OUR_OWN_PROCESSES,
            watch_memory=self._watch_memory,
        )
        return run_box(job, pipes, surroundings)

    def sweep(self) -> None:
        """Nothing is left: the pid namespace and its mounts ended with PID 1."""


def prepare(config: dict[str, Any]) -> Namespaces:
    """Go behind the wall, for good.

    Raises:
        SetupError: The machine refuses one of the steps.
    """
    folders = [(real, path) for real, path in config["folders"]]
    links = [(target, path) for target, path in config["links"]]
    hidden = config["hidden"]
    slot_user = config["slot_user"]
    user, group = os.geteuid(), os.getegid()
    if slot_user is not None:
        # Root has to become somebody else first: the kernel doesn't count root's processes.
        with _step("a mount namespace, as root"):
            unshare(CLONE_NEWNS)
        with _step("a private root file system"):
            build_root(folders, links, hidden)
        with _step("a user of its own for the slot"):
            os.setgroups([])
            os.setresgid(slot_user, slot_user, slot_user)
            os.setresuid(slot_user, slot_user, slot_user)
            set_dumpable(True)  # or /proc/self/uid_map would belong to root
        user = group = slot_user
    with _step("a user namespace"):
        unshare(CLONE_NEWUSER)
        _map_user(user, group)
    with _step("mount, network, IPC and UTS namespaces"):
        unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
    if slot_user is None:
        with _step("a private root file system"):
            build_root(folders, links, hidden)
    with contextlib.suppress(OSError):
        unshare(CLONE_NEWCGROUP)
    with contextlib.suppress(OSError):
        hide_host_name()
    with contextlib.suppress(OSError), open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")  # no namespaces within, even where the filter isn't
    set_dumpable(False)
    return Namespaces(watch_memory=config["watch_memory"])
