"""Messages between the test side and the program side: a length of four bytes, then a JSON array.

What arrives on the test side may have been written by the program under test: bytes, length and all.
"""

from __future__ import annotations

import json
import os
from typing import Any, NoReturn

__all__ = ["Channel", "ChannelClosed", "parse_message"]

_LARGEST_MESSAGE = 64 << 20
"""Bytes. Read back, a message of nothing but brackets takes twenty times as much."""


class ChannelClosed(BaseException):
    """The other side is gone, or wrote what is no message. Not an `Exception`, so that no test swallows it."""


def _refuse(found: object) -> NoReturn:
    raise ValueError("no message has this")


_DECODER = json.JSONDecoder(object_pairs_hook=_refuse, parse_constant=_refuse)


def parse_message(text: bytes) -> list[Any]:
    """Read one message's text: a JSON array without objects and without NaN or Infinity.

    Raises:
        ChannelClosed: It is none.
    """
    try:
        message = _DECODER.decode(text.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise ChannelClosed from error
    if type(message) is not list or not message:
        raise ChannelClosed
    return message


class Channel:
    """One end, as a file descriptor."""

    def __init__(self, end: int) -> None:
        self._end = end

    def send(self, message: list[Any]) -> None:
        """Write one message.

        Raises:
            ChannelClosed: The other side is gone.
            ValueError: It is larger than a message may be.
        """
        text = json.dumps(message, separators=(",", ":")).encode("utf-8", "surrogatepass")
        if len(text) > _LARGEST_MESSAGE:
            raise ValueError(f"a message of {len(text)} bytes is too large to send")
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

    def receive(self) -> list[Any]:
        """The next message.

        Raises:
            ChannelClosed: The other side is gone, or wrote what is no message.
        """
        size = int.from_bytes(self._read(4), "big")
        if size > _LARGEST_MESSAGE:
            raise ChannelClosed
        return parse_message(self._read(size))
