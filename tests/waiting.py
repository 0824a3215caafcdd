"""Waiting for something to happen, however long it takes on a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["is_running", "wait_until"]


def wait_until(condition: Callable[[], object]) -> None:
    """Return once the condition holds; what never holds is ended by pytest's own timeout."""
    while not condition():
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Whether a process is there and has not ended (a zombie has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
