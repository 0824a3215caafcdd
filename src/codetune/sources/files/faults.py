"""What is wrong with a row, or with the rest of a file."""

from __future__ import annotations

__all__ = ["FileFault", "RowFault"]


class RowFault(Exception):
    """One row is not what it has to be; the rest of the file goes on.

    Args:
        reason: A few fixed words that can be counted.
        detail: What is particular to this row.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class FileFault(RowFault):
    """The file can't be read beyond this point; what came before is good."""
