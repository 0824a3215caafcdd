"""How long work tells how far it is; the command line draws it, everyone else may ignore it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

__all__ = ["Progress", "SilentProgress", "phase"]


@runtime_checkable
class Progress(Protocol):
    """A listener for one stage's progress; calls come from one thread."""

    def start(self, label: str, total: int | None = None) -> None:
        """A new piece of work begins; `total` in units of `advance`, None where unknown."""
        ...

    def advance(self, amount: int = 1) -> None:
        """So many more units are done."""
        ...

    def note(self, text: str) -> None:
        """One line worth reading, e.g. `loss 1.234`."""
        ...

    def finish(self) -> None:
        """The piece of work ended."""
        ...


class SilentProgress:
    """Tells nobody."""

    def start(self, label: str, total: int | None = None) -> None:
        pass

    def advance(self, amount: int = 1) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def finish(self) -> None:
        pass


@contextmanager
def phase(progress: Progress, label: str, total: int | None = None) -> Iterator[None]:
    """Start a piece of work and finish it in every case, so that no display is left open."""
    progress.start(label, total)
    try:
        yield
    finally:
        progress.finish()
