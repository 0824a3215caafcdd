"""What every command prints with: colours and bars on a terminal, plain lines in a pipe."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, is_dataclass
from functools import cache
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

__all__ = ["ConsoleProgress", "console", "print_result", "progress"]

_PLAIN_EVERY_SECONDS = 10.0


@cache
def console() -> Console:
    """The console of stdout: for results."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


@cache
def _messages() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def print_result(result: Any, *, as_json: bool) -> None:
    """Print a result: JSON for machines, or the renderable (or text) as it is for people."""
    if as_json:
        plain = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
        sys.stdout.write(json.dumps(plain, ensure_ascii=False, indent=2, default=str) + "\n")
    else:
        console().print(result)


class ConsoleProgress:
    """Progress for people, on stderr so that results can be piped.

    On a terminal: one bar a piece of work, with rate and time left. Elsewhere: one line when a
    piece begins and ends, and every ten seconds between.
    """

    def __init__(self) -> None:
        self._console = _messages()
        self._live: Progress | None = None
        self._bar: TaskID | None = None
        self._label = ""
        self._total: int | None = None
        self._done = 0
        self._began = self._told = 0.0
        self._last_note = ""

    def start(self, label: str, total: int | None = None) -> None:
        self.finish()
        self._label, self._total, self._done = label, total, 0
        self._began = self._told = time.monotonic()
        self._last_note = ""
        if self._console.is_terminal:
            self._live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description:<28}", markup=False),
                BarColumn(bar_width=28),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}", markup=False),
                console=self._console,
                transient=True,
            )
            self._live.start()
            self._bar = self._live.add_task(label, total=total, rate="", note="")

    def advance(self, amount: int = 1) -> None:
        self._done += amount
        now = time.monotonic()
        if self._live is not None and self._bar is not None:
            rate = self._done / max(now - self._began, 1e-3)
            self._live.update(self._bar, advance=amount, rate=f"{rate:,.1f}/s")
        elif self._label and now - self._told > _PLAIN_EVERY_SECONDS:
            self._told = now
            self._line("")

    def note(self, text: str) -> None:
        self._last_note = text
        if self._live is not None and self._bar is not None:
            self._live.update(self._bar, note=text)
        elif not self._label:
            self._console.print(text, markup=False)

    def finish(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = self._bar = None
        if self._label:
            # Stages finish in a `finally`: what an error is on its way out of is not done.
            self._line(", done" if sys.exc_info()[0] is None else ", stopped")
            self._label = ""

    def _line(self, ending: str) -> None:
        elapsed = time.monotonic() - self._began
        of = f" of {self._total:,}" if self._total else ""
        count = f" {self._done:,}{of}" if self._done or self._total else ""
        note = f", {self._last_note}" if self._last_note else ""
        self._console.print(f"{self._label}:{count}{note}, {elapsed:.1f} s{ending}", markup=False)


def progress() -> ConsoleProgress:
    """A progress display for one command."""
    return ConsoleProgress()
