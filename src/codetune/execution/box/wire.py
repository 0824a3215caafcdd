"""Frames between the runner and a zygote: a JSON header and raw byte strings.

Closed on purpose: no pickle, so whatever a box sends can only ever be data.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

__all__ = ["ConnectionClosed", "pack", "receive", "unpack"]

_PREFIX = struct.Struct("!II")


class ConnectionClosed(EOFError):
    """The other side is gone."""


def pack(header: dict[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """Make one frame; `header` is JSON data, `blobs` travel as they are."""
    text = json.dumps([header, [len(blob) for blob in blobs]]).encode()
    return b"".join((_PREFIX.pack(len(text), sum(map(len, blobs))), text, *blobs))


def unpack(text: bytes, body: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Take a frame's two parts apart again."""
    header, sizes = json.loads(text)
    blobs, start = [], 0
    for size in sizes:
        blobs.append(body[start : start + size])
        start += size
    return header, blobs


def _exactly(stream: socket.socket, size: int) -> bytes:
    if size == 0:
        return b""
    first = stream.recv(size)
    if len(first) == size:
        return first
    received = bytearray(first)
    while first and len(received) < size:
        first = stream.recv(min(size - len(received), 1 << 20))
        received += first
    if len(received) < size:
        raise ConnectionClosed
    return bytes(received)


def receive(stream: socket.socket) -> tuple[dict[str, Any], list[bytes]]:
    """Read one frame.

    Raises:
        ConnectionClosed: The other side closed or died.
    """
    try:
        text_size, body_size = _PREFIX.unpack(_exactly(stream, _PREFIX.size))
        return unpack(_exactly(stream, text_size), _exactly(stream, body_size))
    except ConnectionResetError as error:
        raise ConnectionClosed from error
