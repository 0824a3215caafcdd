"""What every command prints with: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, is_dataclass
from functools import cache
from typing import Any

from rich.console import Console

from codetune.engine.console_progress import ConsoleProgress
from codetune.engine.progress import Progress, SilentProgress

__all__ = ["console", "end_progress", "print_result", "progress"]

_shown: list[ConsoleProgress] = []


@cache
def console() -> Console:
    """The console of stdout: for results."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def print_result(result: Any, *, as_json: bool) -> None:
    """Print a result: JSON for machines, or the renderable (or text) as it is for people."""
    if as_json:
        plain = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
        sys.stdout.write(json.dumps(plain, ensure_ascii=False, indent=2, default=str) + "\n")
    else:
        console().print(result)


def progress(*, is_quiet: bool = False) -> Progress:
    """A progress display for one command.

    Args:
        is_quiet: Show nothing.
    """
    if is_quiet:
        return SilentProgress()
    shown = ConsoleProgress()
    _shown.append(shown)
    return shown


def end_progress() -> None:
    """End every display: the cursor comes back, whatever ended the command."""
    while _shown:
        _shown.pop().finish()
