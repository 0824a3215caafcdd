"""The seccomp filter of the box: what no program under test has any business calling.

A deny-list, because twelve languages' runtimes need most of the rest. Three answers:

- the process is killed (verdict SECCOMP) for calls that only an attack makes: looking into other
  processes, mounting, new namespaces, kernel modules, BPF, keyrings;
- EPERM for what a program may try and can live without: network sockets, performance counters;
- ENOSYS for what runtimes probe and fall back from: clone3 (its flags can't be read by a filter),
  io_uring, files and segments of memory without a place.
"""

from __future__ import annotations

import errno
import platform
import struct
import sys

__all__ = ["assemble"]

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH, _ARG0 = 0, 4, 16 if sys.byteorder == "little" else 20

_NEW_NAMESPACES = 0x7E020000  # the CLONE_NEW* bits of clone's flags
_AF_UNIX = 1

_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Same on every architecture: the unified numbers from 424 on.
_KILL_EVERYWHERE = {
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
    "fspick": 433, "pidfd_getfd": 438, "mount_setattr": 442,
}  # fmt: skip
_ABSENT = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "clone3": 435, "memfd_secret": 447,
}  # fmt: skip

_KILLED = {
    "x86_64": {
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "mount": 165, "umount2": 166,
        "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "kexec_load": 246,
        "kexec_file_load": 320, "init_module": 175, "finit_module": 313, "delete_module": 176, "bpf": 321,
        "add_key": 248, "request_key": 249, "keyctl": 250, "swapon": 167, "swapoff": 168, "reboot": 169,
        "iopl": 172, "ioperm": 173, "open_by_handle_at": 304, "kcmp": 312, "quotactl": 179, "acct": 163,
    },
    "aarch64": {
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "mount": 40, "umount2": 39,
        "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268, "kexec_load": 104,
        "kexec_file_load": 294, "init_module": 105, "finit_module": 273, "delete_module": 106, "bpf": 280,
        "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225, "reboot": 142,
        "open_by_handle_at": 265, "kcmp": 272, "quotactl": 60, "acct": 89,
    },
}  # fmt: skip
# Memory that belongs to no process is in nobody's account where there are no control groups.
_ABSENT_HERE = {
    "x86_64": {"memfd_create": 319, "shmget": 29, "semget": 64, "msgget": 68},
    "aarch64": {"memfd_create": 279, "shmget": 194, "semget": 190, "msgget": 186},
}
_REFUSED = {
    "x86_64": {"perf_event_open": 298, "userfaultfd": 323},
    "aarch64": {"perf_event_open": 241, "userfaultfd": 282},
}
_CLONE = {"x86_64": 56, "aarch64": 220}
_SOCKET = {"x86_64": 41, "aarch64": 198}


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def assemble(machine: str | None = None) -> bytes | None:
    """Assemble the filter.

    Args:
        machine: As `platform.machine()` says it; None takes this machine.

    Returns:
        `struct sock_filter`s, or None for an architecture whose numbers aren't known here.
    """
    machine = machine or platform.machine()
    if machine not in _ARCHES:
        return None
    kill, allow = _op(_RETURN, _KILL), _op(_RETURN, _ALLOW)
    refuse, absent = _op(_RETURN, _ERRNO | errno.EPERM), _op(_RETURN, _ERRNO | errno.ENOSYS)
    program = [
        # A program for another architecture (i386, x32) numbers its calls differently: no way round.
        _op(_LOAD, _ARCH),
        _op(_JUMP_EQ, _ARCHES[machine], 1, 0),
        kill,
        _op(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        program += [_op(_JUMP_GE, 0x40000000, 0, 1), kill]
    for number in sorted({**_KILLED[machine], **_KILL_EVERYWHERE}.values()):
        program += [_op(_JUMP_EQ, number, 0, 1), kill]
    for number in sorted(_REFUSED[machine].values()):
        program += [_op(_JUMP_EQ, number, 0, 1), refuse]
    for number in sorted({**_ABSENT, **_ABSENT_HERE[machine]}.values()):
        program += [_op(_JUMP_EQ, number, 0, 1), absent]
    program += [
        _op(_JUMP_EQ, _CLONE[machine], 0, 4),
        _op(_LOAD, _ARG0),
        _op(_JUMP_SET, _NEW_NAMESPACES, 0, 1),
        kill,
        allow,
        _op(_JUMP_EQ, _SOCKET[machine], 0, 3),
        _op(_LOAD, _ARG0),
        _op(_JUMP_EQ, _AF_UNIX, 1, 0),
        refuse,
        allow,
    ]
    return b"".join(program)
