"""The last steps before untrusted code runs: limits on, privileges off."""

from __future__ import annotations

import math
import os
import resource

from codetune.execution.box.isolation.syscalls import (
    drop_capabilities,
    install_filter,
    set_dumpable,
    set_no_new_privileges,
)
from codetune.execution.box.job import BoxJob

__all__ = ["confine"]

_OPEN_FILES = 1024
_PAGE_BYTES = resource.getpagesize()


_TICKS_OVERSTATE = 1.2
"""The kernel counts RLIMIT_CPU in whole ticks, on a busy machine by some percent more than was used."""


def _limit(kind: int, value: int, more: int = 0) -> None:
    """Set the soft limit, and the hard one `more` above it."""
    _, hard = resource.getrlimit(kind)
    upper = value + more
    if hard != resource.RLIM_INFINITY:
        value, upper = min(value, hard), min(upper, hard)
    resource.setrlimit(kind, (value, upper))


# In the two functions below plain file descriptors are used on purpose: opening a file object in a
# fresh fork touches, and so copies, eighty pages.
def _mapped_bytes() -> int:
    handle = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(handle, 200).split()[0]) * _PAGE_BYTES
    finally:
        os.close(handle)


def _go_first_when_memory_runs_out() -> None:
    """Have the kernel end this process rather than the zygote."""
    try:
        handle = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(handle, b"1000")
    except OSError:
        return
    finally:
        os.close(handle)


def confine(job: BoxJob, *, seccomp: bytes | None, process_allowance: int | None) -> None:
    """Bind this process and all it will ever start.

    Args:
        job: Limits of the run.
        seccomp: Assembled filter, or None where there is none for this machine.
        process_allowance: RLIMIT_NPROC; None where the count would include the user's own processes.
    """
    # SIGXCPU is only the backstop, in whole seconds: somebody outside watches the sum over all processes.
    _limit(resource.RLIMIT_CPU, math.ceil(job.cpu_seconds * _TICKS_OVERSTATE) + 1, more=1)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, max(job.disk_bytes, 1 << 20))
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _limit(resource.RLIMIT_MEMLOCK, 64 << 10)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    _limit(resource.RLIMIT_STACK, job.stack_bytes)
    if job.limit_address_space:
        # What the warm interpreter has mapped already is not the program's.
        mapped = _mapped_bytes() if job.command is None else 0
        _limit(resource.RLIMIT_AS, job.memory_bytes + mapped)
    if process_allowance is not None:
        _limit(resource.RLIMIT_NPROC, process_allowance)
    _go_first_when_memory_runs_out()
    drop_capabilities()
    set_no_new_privileges()
    set_dumpable(True)  # only for its own /proc/self; PID 1 and the zygote are not
    if seccomp is not None:
        install_filter(seccomp)
    os.umask(0o022)
