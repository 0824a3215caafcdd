"""How a generator says that an item can't go on."""

from __future__ import annotations

__all__ = ["Refusal"]


class Refusal(Exception):
    """The item can't go on; becomes a row of `rejects/`.

    Args:
        reason: A few fixed words that can be counted, e.g. `does not parse`.
        detail: What is particular to this row; the model's raw text where an answer was invalid.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)
