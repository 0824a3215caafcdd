"""Reads and writes `loss.jsonl`: the loss curve, one line a step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from codetune.store.atomic import disk_errors, write_text

__all__ = ["LossLog", "StepLine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One optimizer step."""

    step: int
    """From 1."""
    loss: float
    """Mean negative log-likelihood of the step's trained tokens, in nats, before the step."""
    learning_rate: float
    grad_norm: float
    """Before clipping."""
    rows: int
    tokens: int
    """Tokens computed, padding left out."""
    trained_tokens: int
    """Tokens the loss is the mean of."""
    seconds: float
    """Wall time of the step."""
    elapsed_seconds: float
    """Seconds of training up to its end, interrupted runs included."""


class LossLog:
    """Appends lines, each flushed before the next step begins.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: Any = None

    def read(self) -> list[StepLine]:
        """All complete lines; one that a crash cut short is left out."""
        lines = []
        if self.path.exists():
            for text in self.path.read_text("utf-8").splitlines():
                try:
                    lines.append(StepLine(**json.loads(text)))
                except (ValueError, TypeError):
                    break
        return lines

    def rewrite(self, lines: Sequence[StepLine]) -> None:
        """Replace the file's content."""
        write_text(self.path, "".join(_text(line) for line in lines))

    def append(self, line: StepLine) -> None:
        """Add a step."""
        with disk_errors(self.path):
            if self._stream is None:
                self._stream = self.path.open("a", encoding="utf-8")
            self._stream.write(_text(line))
            self._stream.flush()

    def __enter__(self) -> LossLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _text(line: StepLine) -> str:
    plain = asdict(line)
    for key in ("seconds", "elapsed_seconds"):
        plain[key] = round(plain[key], 3)
    return json.dumps(plain) + "\n"
