"""A box while its program runs, as the zygote sees it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import Any, Protocol

from codetune.execution.box.job import BoxJob
from codetune.execution.box.process.capture import Capture
from codetune.execution.box.process.exec_program import Pipes
from codetune.execution.box.process.usage import tree_usage

__all__ = ["Box", "ReportingBox", "Wall"]


class Box(Protocol):
    """One program behind a wall."""

    end: int | None
    """File descriptor that is readable once the program is over; None where PID 1 tells it by
    closing the status pipe."""
    pause: float | None
    """Seconds until the next look; None where PID 1 looks."""

    def look(self) -> str | None:
        """Compare what is used with the limits: why the run has to be stopped, or None."""
        ...

    def usage(self) -> tuple[float, float]:
        """CPU seconds used by everybody in it until now, and seconds they waited for a core."""
        ...

    def kill(self) -> None:
        """End everything in it."""
        ...

    def is_at_its_end(self) -> bool | None:
        """Whether the program waits where a Python program asks for the secret; None if it can't be told yet."""
        ...

    def leave(self, artefacts: Capture) -> dict[str, Any]:
        """Wait until nothing of it is left.

        Args:
            artefacts: Takes the files that the job asked for, where PID 1 doesn't send them.

        Returns:
            What is to be added to what PID 1 reported.
        """
        ...


class Wall(Protocol):
    """What makes boxes, of one tier."""

    def launch(self, job: BoxJob, pipes: Pipes) -> Box:
        """Start a box."""
        ...


class ReportingBox:
    """A box whose PID 1 watches and tells.

    Args:
        pid: PID 1, as seen from here.
        sweep: Removes what the end of PID 1 alone doesn't.
    """

    end: int | None = None
    pause: float | None = None

    def __init__(self, pid: int, sweep: Callable[[], None]) -> None:
        self._pid = pid
        self._sweep = sweep

    def look(self) -> str | None:
        return None

    def usage(self) -> tuple[float, float]:
        return tree_usage(self._pid)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def is_at_its_end(self) -> bool | None:
        return True  # PID 1 alone sees the program; the zygote has no other way to look

    def leave(self, artefacts: Capture) -> dict[str, Any]:
        _, status = os.waitpid(self._pid, 0)
        self._sweep()
        return {"init_status": status}
