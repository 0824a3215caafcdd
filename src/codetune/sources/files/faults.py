"""What makes the rest of a file unreadable."""

from __future__ import annotations

from codetune.rejection import Rejection

__all__ = ["FileFault"]


class FileFault(Rejection):
    """The file can't be read beyond this point; the rows before it are kept."""
