"""Messages between the judge's box and the program's: a length, then JSON."""

from __future__ import annotations

import json
import os
from typing import Any

__all__ = ["Channel", "ChannelClosed"]

_LARGEST_MESSAGE = 16 << 20
"""Bytes; read back, an answer of nothing but brackets takes twenty times as much."""


class ChannelClosed(BaseException):
    """The other box is gone. Not an `Exception`, so that no test swallows it."""


class Channel:
    """One end, as a file descriptor."""

    def __init__(self, end: int) -> None:
        self._end = end

    def send(self, message: dict[str, Any]) -> None:
        text = json.dumps(message, separators=(",", ":")).encode("utf-8", "surrogatepass")
        view = memoryview(len(text).to_bytes(4, "big") + text)
        try:
            while view:
                view = view[os.write(self._end, view) :]
        except OSError as error:
            raise ChannelClosed from error

    def _read(self, size: int) -> bytes:
        parts = []
        while size:
            try:
                part = os.read(self._end, min(size, 1 << 20))
            except OSError as error:
                raise ChannelClosed from error
            if not part:
                raise ChannelClosed
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def receive(self) -> dict[str, Any]:
        """The next message; anything that is none closes the channel."""
        size = int.from_bytes(self._read(4), "big")
        if size > _LARGEST_MESSAGE:
            raise ChannelClosed
        try:
            message = json.loads(self._read(size).decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError) as error:
            raise ChannelClosed from error
        if not isinstance(message, dict):
            raise ChannelClosed
        return message
