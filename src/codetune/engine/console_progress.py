"""Progress for people: a bar on a terminal, plain lines in a pipe, a log file or a notebook."""

from __future__ import annotations

import sys
import threading
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column

__all__ = ["ConsoleProgress"]

_LINE_EVERY_SECONDS = 10.0
_EARLIER_SECONDS = 0.2
"""What is reported as done within this time of the start was done by an earlier run."""
_LEAST_NOTE = 24
"""Columns that have to be left for a note: count, time and time left are always shown, the note is not."""


class ConsoleProgress:
    """Progress on one console, stderr by default, so that results can be piped.

    On a terminal: one bar for each piece of work, with count, rate, time and time left. Elsewhere: one
    line when a piece begins and ends, and every ten seconds between.

    Args:
        console: Where it is shown.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())
        self._live: Progress | None = None
        self._bar: TaskID | None = None
        self._ended = threading.Event()
        self._label = ""
        self._total: int | None = None
        self._done = self._before = 0
        self._began = 0.0
        self._last_note = ""

    def start(self, label: str, total: int | None = None) -> None:
        self.finish()
        self._label, self._total, self._done, self._before = label, total, 0, 0
        self._began = time.monotonic()
        self._last_note = ""
        if self._console.is_terminal:
            self._live = Progress(*_columns(self._console.width, label, total), console=self._console, transient=True,
                                  expand=True)  # fmt: skip
            self._live.start()
            self._bar = self._live.add_task(label, total=total, rate="", note="")
            return
        self._ended = threading.Event()
        threading.Thread(target=self._lines, args=(self._ended,), daemon=True).start()

    def _lines(self, ended: threading.Event) -> None:
        """Print a line every ten seconds, also where nothing advances: silence looks like a hang."""
        while not ended.wait(_LINE_EVERY_SECONDS):
            self._line("")

    def advance(self, amount: int = 1) -> None:
        self._done += amount
        elapsed = time.monotonic() - self._began
        if elapsed < _EARLIER_SECONDS:
            self._before = self._done
        if self._live is not None and self._bar is not None:
            rate = (self._done - self._before) / max(elapsed, 1e-3)
            self._live.update(self._bar, advance=amount, rate=f"{rate:,.1f}/s" if rate else "")

    def note(self, text: str) -> None:
        self._last_note = text
        if self._live is not None and self._bar is not None:
            self._live.update(self._bar, note=text)
        elif not self._label:
            self._console.print(text, markup=False)

    def finish(self) -> None:
        self._ended.set()
        if self._live is not None:
            self._live.stop()
            self._live = self._bar = None
        if self._label:
            # Stages finish in a `finally`: what an error ended is not done.
            self._line(", done" if sys.exc_info()[0] is None else ", stopped")
            self._label = ""

    def _line(self, ending: str) -> None:
        elapsed = time.monotonic() - self._began
        of = f" of {self._total:,}" if self._total else ""
        count = f" {self._done:,}{of}" if self._done or self._total else ""
        note = f", {self._last_note}" if self._last_note else ""
        self._console.print(f"{self._label}:{count}{note}, {elapsed:.1f} s{ending}", markup=False)


def _columns(width: int, label: str, total: int | None) -> list[str | ProgressColumn]:
    """What a bar shows on a terminal of so many columns; the note takes what the others leave."""
    longest = 32 if width >= 120 else 22
    digits = len(str(total)) if total else 6
    others = 1 + min(len(label), longest) + 10 + (2 * digits + 1) + 10 + 7 + 7 + 7  # 7 spaces between
    has_note = width - others >= _LEAST_NOTE
    shortened = Column(no_wrap=True, overflow="ellipsis", max_width=longest)
    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return [
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=shortened),
        BarColumn(bar_width=10) if has_note else BarColumn(bar_width=None, table_column=rest),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        *([TextColumn("{task.fields[note]}", markup=False, table_column=rest)] if has_note else []),
    ]
