"""The box's own folder: files put in before a run, and handed back after it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from codetune.execution.box.job import BoxJob

__all__ = ["collect", "is_full", "write_files"]

_SMALLEST_FREE_BYTES = 64 << 10
_MOST_ARTEFACTS = 2000


def write_files(folder: str, files: dict[str, bytes]) -> None:
    """Put files there; programs can be executed."""
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        if content[:4] == b"\x7fELF":
            os.chmod(path, 0o755)


def collect(job: BoxJob, folder: str) -> Iterator[bytes]:
    """The job's files, framed for the way back; the program may have put anything there, so only plain ones."""
    for name in _expand(job.collect, folder):
        try:
            handle = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        with open(handle, "rb") as file:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                content = file.read(job.disk_bytes)
                label = name.encode()
                yield len(label).to_bytes(4, "big") + len(content).to_bytes(8, "big") + label + content


def _expand(names: list[str], folder: str) -> list[str]:
    """A name that ends in a slash stands for every file under that folder."""
    found = []
    for name in names:
        if not name.endswith("/"):
            found.append(name)
            continue
        if os.path.islink(os.path.join(folder, name.rstrip("/"))):
            continue
        for root, _, files in os.walk(os.path.join(folder, name)):
            found += [os.path.relpath(os.path.join(root, file), folder) for file in sorted(files)]
    return found[:_MOST_ARTEFACTS]


def is_full(folder: str) -> bool:
    """Whether a program that wrote there ran out of room."""
    try:
        room = os.statvfs(folder)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < _SMALLEST_FREE_BYTES or room.f_favail == 0
