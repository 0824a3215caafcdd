"""Why a row is not kept: the one type for every stage.

A stage raises or returns a `Rejection`; `store.dataset` writes it to `rejects/` with the row.
"""

from __future__ import annotations

__all__ = ["Rejection"]


class Rejection(Exception):
    """A row is not kept; the rows after it go on.

    Args:
        reason: A few fixed words that can be counted, e.g. `does not parse`.
        detail: What is particular to this row, e.g. the parser's message or the model's raw text.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)  # both in `args`, so that it survives pickling
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason
