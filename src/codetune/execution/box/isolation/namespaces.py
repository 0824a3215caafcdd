"""Tier `namespaces`: everything by the kernel, from a warm interpreter.

The zygote once goes into namespaces of its own (user, mount, pid, network, UTS, IPC, cgroup) and drops
to a user that owns nothing. Each box then gets fresh mount, pid and IPC namespaces, a /box and a
/proc of its own, and gives up every capability before the program starts. The network namespace is
the zygote's: it is empty, nobody may configure it, and no two programs are in it at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any, NoReturn

from codetune.execution.box.isolation import seccomp
from codetune.execution.box.isolation.pid_namespace import PidNamespaces, WatchedBox, end_sleeper
from codetune.execution.box.isolation.root import (
    BOX,
    build_root,
    hide_host_name,
    mount_box,
    mount_proc,
    unmount_box,
)
from codetune.execution.box.isolation.syscalls import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    fork_into,
    fork_quickly,
    set_dumpable,
    set_parent_death_signal,
    unshare,
)
from codetune.execution.box.job import BoxJob
from codetune.execution.box.process.exec_program import Pipes, exec_program
from codetune.execution.box.process.folder import write_files
from codetune.execution.box.strict.test_worker import TestWorker

__all__ = ["Namespaces", "SetupError", "prepare"]

BOX_USER = 1000
_TEST_WORKER_PROCESSES = 4
_GROUP_FIRST = 16
"""How far RLIMIT_NPROC stands above a control group's limit: the group tells that it was reached."""
_OUR_OWN_PROCESSES = 3  # who waits for the zygote, the zygote and PID 1 are counted with the program's


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

    def __init__(self, *, watch_memory: bool, group_counts_processes: bool) -> None:
        self._seccomp = seccomp.assemble()
        self._watch_memory = watch_memory
        self._others = _OUR_OWN_PROCESSES + (_GROUP_FIRST if group_counts_processes else 0)
        self._pid_namespaces = PidNamespaces()
        self.facts: dict[str, Any] = {"seccomp": self._seccomp is not None}

    def learn_ends(self, run: Callable[[bytes], bytes]) -> None:
        """See where programs wait that came to their end: without threads, and with one.

        Args:
            run: Runs a Python text as a program, and returns the answer frame.
        """
        threaded = b"import _thread, time\n_thread.start_new_thread(time.sleep, (60,))"
        answers = [run(text) for text in (b"", threaded)]
        if not all(b'"kind": "end"' in answer for answer in answers):
            self._pid_namespaces.end_places.clear()  # half of it would refuse honest programs
        self._pid_namespaces.learns = False

    def launch(self, job: BoxJob, pipes: Pipes) -> WatchedBox:
        """Start a program in a fresh box.

        The box's folder is mounted here, so that it can be looked at when the program is gone; the
        program's own copy of the mounts has it too.
        """
        mount_box(job.disk_bytes, (BOX_USER, BOX_USER))
        with contextlib.ExitStack() as undo:
            undo.callback(unmount_box)
            if job.role == "tests":
                box = self._launch_tests(job, pipes)
                undo.pop_all()
                return box
            write_files(BOX, job.files)
            sleeper = self._pid_namespaces.enter_new()
            undo.callback(end_sleeper, sleeper)
            try:
                program = fork_into(CLONE_NEWNS | CLONE_NEWIPC)
                if program == 0:
                    self._exec(job, pipes)
            finally:
                self._pid_namespaces.come_back()
            box = WatchedBox(job, program, sleeper, self._pid_namespaces, watch_memory=self._watch_memory)
            undo.pop_all()
        return box

    def start_test_worker(self) -> TestWorker:
        """Start a process that runs plain tests one after another."""
        allowance = _TEST_WORKER_PROCESSES + self._others
        return TestWorker(seccomp=self._seccomp, process_allowance=allowance)

    def _launch_tests(self, job: BoxJob, pipes: Pipes) -> WatchedBox:
        """Start the test side of a strict run: a fork in the zygote's own namespaces, which is cheaper.

        It has no privileges, the same filter and limits as a program, and no program beside it: the
        zygote is PID 1 there, can't be looked into, and ignores signals from within.
        """
        process = fork_quickly()
        if process == 0:
            self._exec_program(job, pipes)
        return WatchedBox(job, process, None, self._pid_namespaces, watch_memory=self._watch_memory)

    def _exec_program(self, job: BoxJob, pipes: Pipes) -> NoReturn:
        exec_program(job, pipes, BOX, seccomp=self._seccomp, process_allowance=job.processes + self._others)

    def _exec(self, job: BoxJob, pipes: Pipes) -> NoReturn:
        try:
            mount_proc()
        except OSError as error:
            os.write(pipes.status, b'{"broken": "%s"}' % repr(error).replace('"', "'").encode())
            os._exit(1)
        self._exec_program(job, pipes)


def _go_on_as_first() -> None:
    """Go on as PID 1 of the new pid namespace: when that ends, so does everything below it."""
    waiting = os.getpid()
    first = os.fork()
    if first:
        with contextlib.suppress(OSError):
            os.waitpid(first, 0)
        os._exit(0)
    set_parent_death_signal(signal.SIGKILL)
    if os.getppid() not in (0, waiting):
        os._exit(1)  # it is gone already


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
    with _step("mount, pid, network, IPC and UTS namespaces"):
        unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
    _go_on_as_first()
    if slot_user is None:
        with _step("a private root file system"):
            build_root(folders, links, hidden)
    with contextlib.suppress(OSError):
        unshare(CLONE_NEWCGROUP)
    with contextlib.suppress(OSError):
        hide_host_name()
    with contextlib.suppress(OSError), open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")  # no namespaces within, even where the filter isn't
    with _step("a /proc of its own"):
        mount_proc()
    # PID 1 of a box inherits what this process does on a signal: it must be nothing.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    set_dumpable(False)
    return Namespaces(
        watch_memory=config["watch_memory"], group_counts_processes=config["group_counts_processes"]
    )
