"""Files that are either whole or not there."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from codetune.errors import OutputError

__all__ = ["disk_errors", "replacing", "write_text"]

_CANNOT_WRITE = {
    errno.ENOSPC: ("no space is left on the disk", "free some space and run the same command again"),
    errno.EDQUOT: ("the disk quota is used up", "free some space and run the same command again"),
    errno.EACCES: ("the folder can't be written to", "choose another output folder with -o"),
    errno.EPERM: ("the folder can't be written to", "choose another output folder with -o"),
    errno.EROFS: ("the file system is read-only", "choose another output folder with -o"),
    errno.ENOTDIR: ("part of the path is a file, not a folder", "choose another output folder with -o"),
}


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the disk can refuse into one sentence.

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


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary neighbour of `path` that takes its place when the block ends well.

    The content reaches the disk before the name does, so a crash leaves the old file or the new
    one, never half of it.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
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
    """Write a whole UTF-8 text file, or nothing."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
