"""What the processes of a box use, read from the box's own /proc."""

from __future__ import annotations

import contextlib
import os

__all__ = [
    "Usage",
    "host_descendants",
    "living_usage",
    "others_in_namespace",
    "tree_usage",
    "waited_for_core",
]

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Usage:
    """Sums over living processes."""

    __slots__ = ("cpu_seconds", "memory_bytes", "tasks")

    def __init__(self) -> None:
        self.cpu_seconds = 0.0
        self.memory_bytes = 0
        self.tasks = 0

    def add(self, pid: int) -> None:
        """Add one process; one that is gone meanwhile counts nothing."""
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                # The name, in parentheses, may hold anything; what follows the last one is numbers.
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            return
        # Its own time, and that of the children it has waited for: they are gone, and count here alone.
        self.cpu_seconds += sum(map(int, fields[11:15])) / _TICK
        self.memory_bytes += int(fields[21]) * _PAGE
        self.tasks += int(fields[17])


def living_usage(pids: list[int]) -> Usage:
    """Sum CPU seconds, resident bytes (shared pages count for each) and tasks."""
    usage = Usage()
    for pid in pids:
        usage.add(pid)
    return usage


def tree_usage(root: int) -> tuple[float, float]:
    """CPU seconds used by a process and its descendants, and seconds they waited for a free core."""
    everybody = [root]
    for pid in everybody:  # grows as children are found
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            everybody += map(int, file.read().split())
    return living_usage(everybody).cpu_seconds, waited_for_core(everybody)


def waited_for_core(pids: list[int]) -> float:
    """Seconds that living processes stood ready and had no core."""
    waited = 0.0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError), open(f"/proc/{pid}/schedstat", "rb") as file:
            waited += int(file.read().split()[1]) / 1e9
    return waited


def others_in_namespace() -> list[int]:
    """Every process of this pid namespace but PID 1."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]


def host_descendants(root: int) -> list[int]:
    """Descendants of a process, oldest first, where there is no namespace to list them."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(name))
    found, queue = [], [root]
    while queue:
        children = parents.get(queue.pop(0), [])
        found += children
        queue += children
    return found
