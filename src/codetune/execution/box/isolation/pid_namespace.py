"""A box that the zygote watches itself: a fresh pid namespace whose PID 1 only sleeps.

PID 1 shares the zygote's memory, as a thread would, and waits in the kernel for a signal that never
comes. Making it copies no page, where a PID 1 that runs Python costs a fourth of a short sample. It
is a process of its own all the same: the kernel gives it the orphans, and when it is killed, all of
its namespace goes with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import platform
import signal
import time
from typing import Any

from codetune.execution.box.isolation.root import BOX, unmount_box
from codetune.execution.box.isolation.syscalls import (
    CLONE_NEWPID,
    enter_namespace,
    set_dumpable,
    start_sleeper,
)
from codetune.execution.box.job import BoxJob
from codetune.execution.box.process.capture import Capture
from codetune.execution.box.process.folder import collect, is_full
from codetune.execution.box.process.usage import living_usage, waited_for_core

__all__ = ["PidNamespaces", "WatchedBox", "end_sleeper"]

_STACK_BYTES = 64 << 10
_FIRST_LOOK_SECONDS = 0.02
_LONGEST_LOOK_SECONDS = 0.1


_READS_THE_SECRET = (str({"x86_64": 0, "aarch64": 63}.get(platform.machine(), 0)).encode(), b"0x3")
"""The system call `read` of file 3, as /proc tells it."""


class PidNamespaces:
    """Makes one pid namespace after another for the children of this process, itself PID 1 of one."""

    def __init__(self) -> None:
        # Private: what a program writes there is its own copy.
        self._stack = mmap.mmap(-1, _STACK_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._stack_top = ctypes.addressof(ctypes.c_char.from_buffer(self._stack)) + _STACK_BYTES
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._latest = os.open("/proc/loadavg", os.O_RDONLY)

        self.end_places: set[tuple[bytes, ...]] = set()
        """System call, file, stack pointer and instruction at which programs that came to their end wait;
        empty where the kernel doesn't tell."""
        self.learns = True
        """Whether the programs that run now are ours, and show those places."""

    def enter_new(self) -> int:
        """Have the next children born into a new namespace; returns its PID 1 as seen from here."""
        sleeper = start_sleeper(self._stack_top)
        try:
            # The kernel opens the namespaces of a process only to who may look into its memory. Nobody
            # else is in sight of this process now: the last box is gone.
            set_dumpable(True)
            handle = os.open(f"/proc/{sleeper}/ns/pid", os.O_RDONLY)
            set_dumpable(False)
            enter_namespace(handle, CLONE_NEWPID)
            os.close(handle)
        except BaseException:
            end_sleeper(sleeper)
            raise
        return sleeper

    def come_back(self) -> None:
        """Have the next children born into our own namespace again."""
        enter_namespace(self._own, CLONE_NEWPID)

    def latest(self) -> int:
        """The process started last in this namespace or one below it, living or not."""
        return int(os.pread(self._latest, 200, 0).split()[-1])


class WatchedBox:
    """A program with its sleeping PID 1.

    Args:
        job: What runs.
        program: Its pid as seen from here; our child.
        sleeper: PID 1 of its namespace; our child. None where it was born in our own namespace.
        namespaces: Where both were born.
        watch_memory: Whether no control group does it.
    """

    def __init__(
        self, job: BoxJob, program: int, sleeper: int | None, namespaces: PidNamespaces, *, watch_memory: bool
    ) -> None:
        self._began = time.monotonic()
        self._job = job
        self._program = program
        self._sleeper = sleeper
        self._namespaces = namespaces
        self._watch_memory = watch_memory
        self._peak_memory = self._peak_tasks = 0
        self.end: int | None = os.pidfd_open(program)
        self.pause: float | None = _FIRST_LOOK_SECONDS

    def _everybody(self) -> list[int]:
        """All processes in the box but PID 1; zombies too, whose time counts."""
        ours = (str(os.getpid()), str(self._sleeper))
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and name not in ours]

    def look(self) -> str | None:
        assert self.pause is not None
        self.pause = min(self.pause * 1.5, _LONGEST_LOOK_SECONDS)
        used = living_usage(self._everybody())
        self._peak_tasks = max(self._peak_tasks, used.tasks)
        if self._watch_memory:
            self._peak_memory = max(self._peak_memory, used.memory_bytes)
            if used.memory_bytes > self._job.memory_bytes:
                return "memory"
        return "cpu" if used.cpu_seconds >= self._job.cpu_seconds else None

    def usage(self) -> tuple[float, float]:
        everybody = self._everybody()
        return living_usage(everybody).cpu_seconds, waited_for_core(everybody)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            # -1: everybody in our own namespace but ourselves, its PID 1.
            os.kill(-1 if self._sleeper is None else self._sleeper, signal.SIGKILL)

    def is_at_its_end(self) -> bool | None:
        """Compare where the program's main thread waits with where programs of ours waited.

        The stack of every program begins as a copy of the zygote's, so the end of `run_python` is always
        at the same place. What the program's or the tests' code calls is deeper in the stack.
        """
        places = self._namespaces.end_places
        if not places and not self._namespaces.learns:
            return True  # this kernel doesn't tell
        place = _waits_at(self._program)
        if place is None or (place and place[:2] != _READS_THE_SECRET):
            return None  # on its way there, or anywhere else
        if self._namespaces.learns:
            places.update({place} - {()})
            return True
        return place in places

    def leave(self, artefacts: Capture) -> dict[str, Any]:
        _, status, used = os.wait4(self._program, 0)
        seconds = time.monotonic() - self._began
        # What the program left running counts as its own, and ends with it.
        was_alone = self._namespaces.latest() == self._program
        left = 0.0 if was_alone else living_usage(self._everybody()).cpu_seconds
        if self._sleeper is not None:
            end_sleeper(self._sleeper)
        elif not was_alone:
            self.kill()
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.waitpid(-1, 0)
        assert self.end is not None
        os.close(self.end)
        full = is_full(BOX)
        for frame in collect(self._job, BOX):
            artefacts.add(frame)
        unmount_box()
        # Where no control group counts: what was seen.
        reached = {"process_limit_hit": True} if self._peak_tasks >= self._job.processes else {}
        return {
            **reached,
            "status": status,
            "cpu_seconds": used.ru_utime + used.ru_stime + left,
            "seconds": seconds,
            "peak_memory": max(self._peak_memory, used.ru_maxrss * 1024),
            "peak_tasks": self._peak_tasks,
            "disk_full": full,
        }


def _waits_at(pid: int) -> tuple[bytes, ...] | None:
    """System call, its first argument, stack pointer and instruction of a main thread.

    None while it runs; empty where the kernel doesn't tell.
    """
    try:
        handle = os.open(f"/proc/{pid}/syscall", os.O_RDONLY)
    except FileNotFoundError:
        return () if os.path.exists(f"/proc/{pid}") else None
    except OSError:
        return ()
    try:
        words = os.read(handle, 400).split()
    except OSError:
        return ()
    finally:
        os.close(handle)
    return (words[0], words[1], *words[-2:]) if len(words) == 9 else None


def end_sleeper(sleeper: int) -> None:
    """End a namespace with everything in it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(sleeper, signal.SIGKILL)
    os.waitpid(sleeper, 0)
