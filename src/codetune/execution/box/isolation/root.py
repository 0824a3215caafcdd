"""The private root: a small tmpfs with read-only system folders in it.

Built once for each zygote; every box starts from a copy of the zygote's mounts and adds what must
be its own, a writable /box and a /proc that shows its own processes only.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from codetune.execution.box.isolation.syscalls import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    mount,
    mount_read_only,
    pivot_root,
    umount_detached,
)

__all__ = ["BOX", "build_root", "hide_host_name", "mount_box", "mount_proc", "unmount_box"]

BOX = "/box"
_DEVICES = ("null", "zero", "full", "random", "urandom")
_FILES = {
    "etc/passwd": "root:x:0:0:root:/:/bin/false\nbox:x:1000:1000:box:/box:/bin/sh\n",
    "etc/group": "root:x:0:\nbox:x:1000:\n",
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
# Of the host's /etc only what dynamic linking and the toolchains need; never its users or keys.
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "java-17-openjdk",
        "java-21-openjdk", "mono", "php")  # fmt: skip
_STAGING = "/tmp"


def _under(root: str, path: str) -> str:
    return root + os.path.abspath(path)


def _bind(source: str, target: str) -> None:
    """Bind a file or folder of the old root, read-only with all that is mounted under it."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "ab"):
            pass
    mount(source, target, None, MS_BIND | MS_REC)
    mount_read_only(target)


def build_root(
    folders: Sequence[tuple[str, str]], links: Sequence[tuple[str, str]], hidden: Sequence[str]
) -> None:
    """Leave the host's file system for a private one. Needs CAP_SYS_ADMIN and a mount namespace of its own.

    Args:
        folders: (real path on the host, path in the box), read-only.
        links: (target, path in the box), symbolic links such as /bin -> usr/bin.
        hidden: Folders within them that are to look empty.
    """
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", _STAGING, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    os.chdir(_STAGING)
    os.mkdir("old")
    os.mkdir("new")
    pivot_root(".", "old")
    os.chdir("/")
    mount("tmpfs", "/new", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=4m")
    os.umask(0o022)
    for real, path in folders:
        _bind(_under("/old", real), _under("/new", path))
    for path in hidden:
        if os.path.isdir(_under("/new", path)):
            mount(
                "tmpfs", _under("/new", path), "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "mode=755,size=4k"
            )
    for name in _ETC:
        source = os.path.join("/old/etc", name)
        if os.path.exists(source) and not os.path.islink(source):
            _bind(source, os.path.join("/new/etc", name))
    for target, path in links:
        os.makedirs(os.path.dirname(_under("/new", path)), exist_ok=True)
        os.symlink(target, _under("/new", path))
    for name, text in _FILES.items():
        os.makedirs(os.path.dirname(f"/new/{name}"), exist_ok=True)
        with open(f"/new/{name}", "w") as file:
            file.write(text)
    os.mkdir("/new/dev")
    for device in _DEVICES:
        with open(f"/new/dev/{device}", "wb"):
            pass
        mount(f"/old/dev/{device}", f"/new/dev/{device}", None, MS_BIND)
    for target, name in (("/proc/self/fd", "fd"), ("fd/0", "stdin"), ("fd/1", "stdout"), ("fd/2", "stderr")):
        os.symlink(target, f"/new/dev/{name}")
    os.symlink(BOX, "/new/dev/shm")
    if not os.path.exists("/new/tmp"):  # it is there where an interpreter lives under it
        os.symlink(BOX, "/new/tmp")
    os.mkdir(f"/new{BOX}")
    os.mkdir("/new/proc")
    # The host's own /proc stays under the box's: the kernel lets a namespace mount a fresh one only
    # where a whole one is in sight already.
    mount("/old/proc", "/new/proc", None, MS_BIND | MS_REC)
    os.chdir("/new")
    pivot_root(".", ".")
    umount_detached(".")
    os.chdir("/")
    # The root itself becomes read-only too, alone: a read-only /proc would forbid mounting a fresh one.
    mount(None, "/", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def mount_box(disk_bytes: int, owner: tuple[int, int]) -> None:
    """Give this box a writable folder of its own, at most `disk_bytes` big."""
    inodes = max(256, disk_bytes // 4096)
    options = f"mode=700,size={disk_bytes},nr_inodes={inodes},uid={owner[0]},gid={owner[1]}"
    mount("tmpfs", BOX, "tmpfs", MS_NOSUID | MS_NODEV, options)


def unmount_box() -> None:
    """Take the box's folder away again; what is still open in it goes with its last user."""
    umount_detached(BOX)


def mount_proc() -> None:
    """Show this pid namespace's processes in /proc, and nobody else's."""
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def hide_host_name() -> None:
    """Give the box a name that says nothing; needs a UTS namespace of its own."""
    socket.sethostname("box")
