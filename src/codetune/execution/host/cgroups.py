"""Control groups, v1 or v2, where this process may make them: limits for a whole slot at once."""

from __future__ import annotations

import contextlib
import os
import time
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["SlotGroups", "writable_parents"]

_MOUNTS = Path("/proc/self/mounts")
_OURS = Path("/proc/self/cgroup")
# The zygote and PID 1 live in the group too.
_OWN_MEMORY_BYTES = 48 << 20
_OWN_PROCESSES = 4


def _mounts() -> dict[str, Path]:
    """Controller -> where its hierarchy is mounted; `unified` for v2."""
    found: dict[str, Path] = {}
    with contextlib.suppress(OSError):
        for line in _MOUNTS.read_text().splitlines():
            _, folder, kind, options, *_ = line.split()
            if kind == "cgroup2":
                found["unified"] = Path(folder)
            elif kind == "cgroup":
                found.update({name: Path(folder) for name in options.split(",")})
    return found


def _memberships() -> dict[str, str]:
    """Controller -> path of this process in its hierarchy."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in _OURS.read_text().splitlines():
            _, names, path = line.split(":", 2)
            for name in names.split(",") if names else ["unified"]:
                found[name] = path.lstrip("/")
    return found


def _can_make_groups(parent: Path, needed: str) -> bool:
    """Whether a group with this file can be made under `parent`; tried, not guessed."""
    trial = parent / f"codetune-trial-{os.getpid()}"
    try:
        trial.mkdir()
    except OSError:
        return False
    try:
        return os.access(trial / needed, os.W_OK)
    finally:
        with contextlib.suppress(OSError):
            trial.rmdir()


@cache
def writable_parents() -> dict[str, tuple[int, Path]]:
    """Where slot groups can be made: `memory` and `pids` -> (version, parent folder)."""
    mounts, ours = _mounts(), _memberships()
    found: dict[str, tuple[int, Path]] = {}
    for controller, v1_file, v2_file in (
        ("memory", "memory.limit_in_bytes", "memory.max"),
        ("pids", "pids.max", "pids.max"),
    ):
        if controller in mounts and controller in ours:
            parent = mounts[controller] / ours[controller]
            if _can_make_groups(parent, v1_file):
                found[controller] = (1, parent)
        elif "unified" in mounts and "unified" in ours:
            parent = mounts["unified"] / ours["unified"]
            # A group that has processes can't have limited children: use its parent if we may.
            for candidate in (parent, parent.parent):
                if _can_make_groups(candidate, v2_file):
                    found[controller] = (2, candidate)
                    break
    return found


@cache
def _remove_orphans() -> None:
    """Remove, once, the empty groups of runners that were killed; the kernel keeps those in use."""
    for _, parent in writable_parents().values():
        for folder in parent.glob("codetune-[0-9]*-[0-9]*"):
            if not Path("/proc", folder.name.split("-")[1]).exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()


class SlotGroups:
    """The groups of one slot; the zygote joins them once, every box is born into them."""

    def __init__(self, folders: dict[str, tuple[int, Path]]) -> None:
        self._folders = folders
        self.holds_memory = "memory" in folders
        self.holds_processes = "pids" in folders
        self._set: dict[str, int] = {}
        self._seen = {"oom": 0, "pids": 0}
        self._open: dict[str, int] = {}

    @classmethod
    def create(cls, number: int) -> SlotGroups | None:
        """Make a slot's groups; None where no controller can be had."""
        _remove_orphans()
        folders = {}
        for controller, (version, parent) in writable_parents().items():
            folder = parent / f"codetune-{os.getpid()}-{number}"
            with contextlib.suppress(OSError):
                folder.mkdir(exist_ok=True)
                folders[controller] = (version, folder)
        return cls(folders) if folders else None

    def add(self, pid: int) -> None:
        """Move a process in; what refuses it counts as not there."""
        for controller, (_, folder) in list(self._folders.items()):
            try:
                (folder / "cgroup.procs").write_text(str(pid))
            except OSError:
                del self._folders[controller]
        self.holds_memory = "memory" in self._folders
        self.holds_processes = "pids" in self._folders

    def _write(self, controller: str, name: str, value: int) -> None:
        if self._set.get(name) == value:
            return
        with contextlib.suppress(OSError):
            (self._folders[controller][1] / name).write_text(str(value))
            self._set[name] = value

    def limit(self, *, memory_bytes: int, processes: int) -> None:
        """Set the limits of the next job."""
        if self.holds_memory:
            version = self._folders["memory"][0]
            name = "memory.limit_in_bytes" if version == 1 else "memory.max"
            self._write("memory", name, memory_bytes + _OWN_MEMORY_BYTES)
            if version == 2:
                self._write("memory", "memory.swap.max", 0)
        if self.holds_processes:
            self._write("pids", "pids.max", processes + _OWN_PROCESSES)

    def _count(self, controller: str, names: tuple[str, str], key: bytes) -> int:
        """One number of an events file; the file stays open, this is asked after every job."""
        version, folder = self._folders[controller]
        try:
            if controller not in self._open:
                self._open[controller] = os.open(folder / names[version - 1], os.O_RDONLY)
            words = os.pread(self._open[controller], 4096, 0).split()
        except OSError:
            return 0
        return int(words[words.index(key) + 1]) if key in words else 0

    def events(self) -> dict[str, Any]:
        """Whether the kernel ran into a limit since the last call."""
        result: dict[str, Any] = {}
        if self.holds_memory:
            count = self._count("memory", ("memory.oom_control", "memory.events"), b"oom_kill")
            result["oom_killed"] = count > self._seen["oom"]
            self._seen["oom"] = count
        if self.holds_processes:
            count = self._count("pids", ("pids.events", "pids.events"), b"max")
            result["process_limit_hit"] = count > self._seen["pids"]
            self._seen["pids"] = count
        return result

    def remove(self) -> None:
        """Remove the groups; they are empty once the zygote is reaped."""
        for handle in self._open.values():
            os.close(handle)
        self._open.clear()
        for _, folder in self._folders.values():
            for _ in range(20):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)
