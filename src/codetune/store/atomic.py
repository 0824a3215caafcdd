"""Files that are either whole or not there."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from codetune.errors import OutputError

__all__ = ["disk_errors", "make_folder", "replacing", "write_text"]

_CANNOT_WRITE = {
    errno.ENOSPC: ("no space is left on the disk", "free some space and run the same command again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and run the same command again"),
    errno.EACCES: ("the folder can't be written to", "choose another output folder with -o"),
    errno.EPERM: ("the folder can't be written to", "choose another output folder with -o"),
    errno.EROFS: ("the file system is read-only", "choose another output folder with -o"),
    errno.ENOTDIR: ("part of the path is a file, not a folder", "choose another output folder with -o"),
    errno.EISDIR: ("a folder has the name of the file to write", "choose another name"),
    errno.ENAMETOOLONG: ("the path is too long", "choose a shorter one"),
    errno.ELOOP: ("the path leads through a loop of links", "choose another output folder with -o"),
}


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn errors of the disk into one sentence.

    Raises:
        OutputError: No space, no permission, read-only.
    """
    try:
        yield
    except OSError as error:
        known = _CANNOT_WRITE.get(error.errno or 0)
        if known is None:
            raise
        raise OutputError(known[0], where=str(path), next_step=known[1]) from error


def make_folder(path: Path, *, next_step: str = "choose another output folder with -o") -> None:
    """Make a folder and those above it, if they are not there.

    Args:
        path: The folder.
        next_step: What the user can do where it can't be made.

    Raises:
        OutputError: It can't be made.
    """
    try:
        with disk_errors(path):
            path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError("the output path is a file", where=str(path), next_step=next_step) from error
    except (OSError, ValueError) as error:  # e.g. below /proc, in a deleted folder, a zero byte
        reason = (getattr(error, "strerror", None) or "not a path").lower()
        raise OutputError(
            f"the folder can't be made: {reason}", where=str(path), next_step=next_step
        ) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary neighbour of `path` that takes its place when the block ends well.

    The content reaches the disk before the name does, so a crash leaves the old file or the new
    one, never half of it.
    """
    make_folder(path.parent)
    with disk_errors(path):
        try:
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        except FileNotFoundError as error:  # the folder is there, and takes no files, as /proc
            raise OutputError(
                "no file can be made in the folder",
                where=str(path),
                next_step="choose another output folder with -o",
            ) from error
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 text file, or nothing.

    Bytes of a file name that are not UTF-8 are written as escapes, `\\udcff`, which JSON reads back.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
