"""System calls that Python 3.11 doesn't offer, through libc.

Every function raises `OSError` with the call's name when the kernel refuses.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal

__all__ = [
    "CLONE_NEWCGROUP",
    "CLONE_NEWIPC",
    "CLONE_NEWNET",
    "CLONE_NEWNS",
    "CLONE_NEWPID",
    "CLONE_NEWUSER",
    "CLONE_NEWUTS",
    "MNT_DETACH",
    "MS_BIND",
    "MS_NODEV",
    "MS_NOEXEC",
    "MS_NOSUID",
    "MS_PRIVATE",
    "MS_RDONLY",
    "MS_REC",
    "MS_REMOUNT",
    "drop_capabilities",
    "enter_namespace",
    "fork_into",
    "fork_quickly",
    "install_filter",
    "mount",
    "mount_read_only",
    "pivot_root",
    "set_child_subreaper",
    "set_dumpable",
    "set_no_new_privileges",
    "set_parent_death_signal",
    "set_process_name",
    "start_sleeper",
    "umount_detached",
    "unshare",
]

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP = 1, 4, 22
_PR_SET_NAME, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 15, 36, 38
_SECCOMP_MODE_FILTER = 2
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

# clone, pivot_root, capset, mount_setattr; from the kernel's tables for each architecture.
_NUMBERS = {"x86_64": (56, 155, 126, 442), "aarch64": (220, 41, 91, 442)}
_CLONE, _PIVOT_ROOT, _CAPSET, _MOUNT_SETATTR = _NUMBERS.get(platform.machine(), (-1, -1, -1, -1))

_libc = ctypes.CDLL(None, use_errno=True)
# PyDLL keeps the interpreter's lock over the call, which a fork needs.
_libc_locked = ctypes.PyDLL(None, use_errno=True)
_libc_locked.syscall.argtypes = (ctypes.c_long,) * 6
_libc_locked.syscall.restype = ctypes.c_long
_bare_fork = getattr(_libc_locked, "_Fork", None)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Move this process into new namespaces."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def fork_into(flags: int) -> int:
    """Fork this single-threaded process into new namespaces.

    One call instead of `unshare` and two forks: with CLONE_NEWPID the child is PID 1. Python's own
    after-fork work is left out: with one thread there is nothing to mend, and it would touch, and
    so copy, two hundred pages.

    Returns:
        0 in the child, the child's pid in the parent.
    """
    pid = _libc_locked.syscall(_CLONE, flags | signal.SIGCHLD, 0, 0, 0, 0)
    return _check(pid, "clone") if pid else 0


def fork_quickly() -> int:
    """`os.fork` for a single-threaded process, without Python's after-fork work.

    Modules that reseed themselves after a fork (`random`) don't: the same program draws the same
    numbers in every box. libc before 2.34 has no bare fork; there it is `os.fork`.
    """
    if _bare_fork is None:
        return os.fork()
    pid = _bare_fork()
    return _check(pid, "fork") if pid else 0


_CLONE_VM, _CLONE_FS, _CLONE_FILES = 0x100, 0x200, 0x400
_libc_locked.clone.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_pause = ctypes.cast(_libc.pause, ctypes.c_void_p).value


def start_sleeper(stack_top: int) -> int:
    """Start PID 1 of a new pid namespace: it shares this process's memory and sleeps until it is killed.

    It shares the open files too: with copies of its own it would keep a pipe from ever ending. It never runs Python: libc's `pause` is all it does, on a stack of its own. Signals from within its
    namespace can't wake it as long as this process has no handler for them.

    Args:
        stack_top: Address just above memory for its stack, 16-aligned, not to be freed before it is gone.
    """
    flags = _CLONE_VM | _CLONE_FS | _CLONE_FILES | CLONE_NEWPID | signal.SIGCHLD
    return _check(_libc_locked.clone(_pause, stack_top, flags, None), "clone")


def enter_namespace(handle: int, kind: int) -> None:
    """setns(2); of a pid namespace only children are concerned."""
    _check(_libc.setns(ctypes.c_int(handle), ctypes.c_int(kind)), "setns")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""

    def encode(text: str | None) -> bytes | None:
        return None if text is None else os.fsencode(text)

    result = _libc.mount(
        encode(source), os.fsencode(target), encode(kind), ctypes.c_ulong(flags), encode(data)
    )
    _check(result, f"mount {kind or source or ''} on {target}")


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def mount_read_only(target: str) -> None:
    """Make a mount and everything mounted under it read-only, without devices and setuid (Linux 5.12)."""
    attributes = _MountAttributes(attr_set=_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV)
    result = _libc.syscall(
        ctypes.c_long(_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(target),
        ctypes.c_uint(_AT_RECURSIVE),
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )
    _check(result, f"mount_setattr {target}")


def umount_detached(target: str) -> None:
    """Take a whole tree of mounts away, at once."""
    _check(_libc.umount2(os.fsencode(target), ctypes.c_int(MNT_DETACH)), f"umount {target}")


def pivot_root(new_root: str, old_root: str) -> None:
    """pivot_root(2)."""
    result = _libc.syscall(ctypes.c_long(_PIVOT_ROOT), os.fsencode(new_root), os.fsencode(old_root))
    _check(result, "pivot_root")


_prctl_call = ctypes.CDLL(None, use_errno=True).prctl
_prctl_call.argtypes = (ctypes.c_int, *(ctypes.c_ulong,) * 4)


def _prctl(option: int, value: int, what: str) -> None:
    _check(_prctl_call(option, value, 0, 0, 0), what)


def set_dumpable(dumpable: bool) -> None:
    """Whether processes of the same user may look into this one through /proc and ptrace."""
    _prctl(_PR_SET_DUMPABLE, int(dumpable), "prctl dumpable")


def set_process_name(name: str) -> None:
    """What lists of processes call this one; at most 15 characters."""
    result = _libc.prctl(ctypes.c_int(_PR_SET_NAME), os.fsencode(name), 0, 0, 0)
    _check(result, "prctl name")


def set_parent_death_signal(number: int) -> None:
    """Have the kernel send this process a signal when its parent dies."""
    _prctl(_PR_SET_PDEATHSIG, number, "prctl parent death signal")


def set_child_subreaper() -> None:
    """Become the parent of descendants whose parent died."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, "prctl subreaper")


def set_no_new_privileges() -> None:
    """No program started from here on can gain privileges, setuid or not."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, "prctl no_new_privs")


_CAPABILITY_HEADER = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3 of the call, this process
_NO_CAPABILITIES = (ctypes.c_uint32 * 6)()


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    _check(_libc.syscall(_CAPSET, _CAPABILITY_HEADER, _NO_CAPABILITIES), "capset")


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install_filter(instructions: bytes) -> None:
    """Put a seccomp filter on this process and its descendants.

    Args:
        instructions: Assembled `struct sock_filter`s, 8 bytes each.
    """
    program = _FilterProgram(len(instructions) // 8, instructions)
    result = _libc.prctl(
        ctypes.c_int(_PR_SET_SECCOMP), ctypes.c_ulong(_SECCOMP_MODE_FILTER), ctypes.byref(program)
    )
    _check(result, "prctl seccomp")
