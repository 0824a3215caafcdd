"""stdout and stderr as they come: closed, full, a pipe nobody reads, or not UTF-8."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import TextIO

__all__ = ["flush_output", "open_streams", "silence_output"]


class _Closed(io.TextIOBase):
    """Stands for a stdout that was closed before the start; the first write says so."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "standard output is closed")


def open_streams() -> None:
    """Let every character be printed, and nothing crash for want of a stream."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = _Closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush_output() -> None:
    """Write out what is buffered; what the system says against it is raised here, not at exit."""
    if not isinstance(sys.stdout, _Closed):
        sys.stdout.flush()


def silence_output() -> None:
    """Send what is left of stdout nowhere, so that Python's exit does not fail over it again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), _number(sys.stdout))


def _number(stream: TextIO) -> int:
    return stream.fileno()
