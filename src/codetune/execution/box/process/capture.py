"""A stream's first and last part, in bounded memory."""

from __future__ import annotations

__all__ = ["Capture"]


class Capture:
    """Keeps the first and the last half of `limit` bytes.

    >>> capture = Capture(4)
    >>> capture.add(b"abcdefgh")
    >>> capture.total, capture.content()
    (8, b'ab\\n[... 4 bytes left out ...]\\ngh')
    """

    def __init__(self, limit: int) -> None:
        self.total = 0
        self._half = limit // 2
        self._first = bytearray()
        self._last = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take the stream's next bytes."""
        self.total += len(chunk)
        room = self._half - len(self._first)
        if room > 0:
            self._first += chunk[:room]
            chunk = chunk[room:]
        if chunk:
            self._last += chunk
            if len(self._last) > 4 * self._half + 4096:
                del self._last[: len(self._last) - self._half]

    def content(self) -> bytes:
        """What was kept, with a line where something was left out."""
        last = bytes(self._last[-self._half :]) if self._half else b""
        left_out = self.total - len(self._first) - len(last)
        if left_out == 0:
            return bytes(self._first) + last
        return b"%s\n[... %d bytes left out ...]\n%s" % (self._first, left_out, last)
