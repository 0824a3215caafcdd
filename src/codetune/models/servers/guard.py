"""Stands between codetune and a server that it starts: `python -m codetune.models.servers.guard COMMAND...`.

The server and all its workers are one process group. It is ended when standard input closes, which
happens when codetune stops it and also when codetune is killed, and when this process gets a signal.
The exit code is the server's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from types import FrameType

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 10.0


def main() -> None:
    """Run the command until it ends or must end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # codetune handles Ctrl-C
    ending: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        ending.append(number)

    signal.signal(signal.SIGTERM, end)
    try:
        server = subprocess.Popen(
            sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_die_with_guard
        )
    except OSError as error:
        print(f"{sys.argv[1]} can't be started: {error.strerror}", flush=True)
        sys.exit(127)
    poll = select.poll()
    poll.register(0, select.POLLIN | select.POLLHUP)
    while server.poll() is None and not ending:
        with contextlib.suppress(InterruptedError):
            if poll.poll(200) and not os.read(0, 4096):
                break
    if server.poll() is None:
        _signal_group(server.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(_GRACE_SECONDS)
    _signal_group(server.pid, signal.SIGKILL)  # workers that outlive their parent
    sys.exit(server.wait())


def _die_with_guard() -> None:
    """Ask the kernel to kill the server when this process is killed (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    main()
