"""Compressed streams, inflated a piece at a time, with an end even where the archive has none."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from codetune.sources.files.faults import FileFault

__all__ = ["MAX_RATIO", "Inflated", "bounded_member"]

MAX_RATIO = 250
"""Inflated bytes a compressed byte may become, on the whole. Text reaches 20, tables of zeros 1,000."""
_FREE_BYTES = 256 << 20
"""Inflated bytes below which the ratio is not checked: small archives may be as dense as they like."""
_PIECE = 1 << 18


def _check_ratio(inflated: int, compressed: int) -> None:
    if inflated > _FREE_BYTES + MAX_RATIO * compressed:
        raise FileFault(
            "inflates without end", f"{inflated:,} bytes from {compressed:,}, over {MAX_RATIO} times as many"
        )


class Inflated(io.RawIOBase):
    """A gzip stream (several members too), read piece by piece.

    Raises:
        FileFault: When read: cut short, damaged, or inflating beyond the bound.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._zlib = zlib.decompressobj(wbits=31)
        self._pending = b""
        self._compressed = self._inflated = 0
        self._between_members = True
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        while not self._ready:
            if not self._fill():
                return 0
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _fill(self) -> bool:
        """Inflate some more; False at the end."""
        if not self._pending:
            self._pending = self._raw.read(_PIECE)
            self._compressed += len(self._pending)
            if not self._pending:
                if self._between_members:
                    return False
                raise FileFault(
                    "truncated gzip", f"the file ends after {self._compressed:,} bytes, inside its data"
                )
        if self._between_members:
            if not self._pending.startswith(b"\x1f\x8b"[: len(self._pending)]) or not self._pending.strip(
                b"\0"
            ):
                self._pending = b""  # padding after the last member
                return True
            self._zlib = zlib.decompressobj(wbits=31)
            self._between_members = False
        try:
            self._ready = self._zlib.decompress(self._pending, _PIECE)
        except zlib.error as error:
            raise FileFault("damaged gzip", f"{error} after {self._inflated:,} bytes") from error
        self._inflated += len(self._ready)
        _check_ratio(self._inflated, self._compressed)
        self._pending = self._zlib.unconsumed_tail
        if self._zlib.eof:
            self._pending = self._zlib.unused_data
            self._between_members = True
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Bounded(io.RawIOBase):
    """A zip member that may not grow beyond what its size promises, or without end."""

    def __init__(
        self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, also_close: Callable[[], None]
    ) -> None:
        self._stream = archive.open(entry)
        self._compressed = entry.compress_size
        self._read = 0
        self._also_close = also_close

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        try:
            data = self._stream.read(min(len(view), _PIECE))
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise FileFault("damaged zip", f"{error}") from error
        self._read += len(data)
        _check_ratio(self._read, self._compressed)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        self._also_close()
        super().close()


def bounded_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
    """Open a member of a zip archive; closing it closes the archive.

    Raises:
        FileFault: It is encrypted, or compressed by an unknown method; when read: damaged, or
            inflating beyond the bound.
    """
    if entry.flag_bits & 0x1:
        raise FileFault("encrypted zip", "unpack it first")
    try:
        return io.BufferedReader(_Bounded(archive, entry, archive.close), _PIECE)
    except (NotImplementedError, zipfile.BadZipFile) as error:
        raise FileFault("damaged zip", str(error)) from error
