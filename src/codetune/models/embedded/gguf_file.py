"""Checks that a GGUF file is complete, from its header alone, so that 40 GB take milliseconds.

Some versions of llama.cpp load a file that was cut short while it was copied, and generate nonsense;
here it is refused first.
Source: the GGUF specification, version 3 (ggml, docs/gguf.md).
"""

from __future__ import annotations

import struct
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from codetune.errors import DataError

__all__ = ["check_gguf", "fingerprint"]

_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
# Type of a tensor -> (weights in a block, bytes of a block). Of a type newer than this table only the
# tensor's start is checked, not its end.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 20: (32, 18), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8),
    28: (1, 8), 30: (1, 2),
}  # fmt: skip
_SANE_BYTES = 1 << 40
_WHOLE_HASH_BYTES = 256 << 20
_SAMPLES = 256
_SAMPLE_BYTES = 1 << 20


class _Truncated(Exception):
    pass


def _take(stream: BinaryIO, form: str) -> int:
    data = stream.read(struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        raise _Truncated
    return int(struct.unpack("<" + form, data)[0])


def _skip(stream: BinaryIO, count: int) -> None:
    if count > _SANE_BYTES:
        raise _Truncated
    stream.seek(count, 1)


def _skip_value(stream: BinaryIO, kind: int) -> None:
    if kind == _STRING:
        _skip(stream, _take(stream, "Q"))
    elif kind == _ARRAY:
        inner, count = _take(stream, "I"), _take(stream, "Q")
        if inner in _SCALARS:
            _skip(stream, _SCALARS[inner] * count)
        else:
            for _ in range(count):
                _skip_value(stream, inner)
    elif kind in _SCALARS:
        _skip(stream, _SCALARS[kind])
    else:
        raise _Truncated


def _string(stream: BinaryIO) -> bytes:
    length = _take(stream, "Q")
    data = stream.read(min(length, 1 << 20))  # names are short; a long one is garbage
    if len(data) < length:
        raise _Truncated
    return data


def _least_size(stream: BinaryIO) -> int:
    """The least size in bytes according to the header."""
    tensors, pairs = _take(stream, "Q"), _take(stream, "Q")
    alignment = 32
    for _ in range(pairs):
        key, kind = _string(stream), _take(stream, "I")
        if key == b"general.alignment" and kind == 4:
            alignment = _take(stream, "I")
        else:
            _skip_value(stream, kind)
    end = 0
    for _ in range(tensors):
        _string(stream)
        weights = 1
        for _ in range(_take(stream, "I")):
            weights *= _take(stream, "Q")
        kind, offset = _take(stream, "I"), _take(stream, "Q")
        block, size = _BLOCKS.get(kind, (1, 0))
        end = max(end, offset + weights // block * size)
    header = stream.tell()
    return header + -header % alignment + end


def check_gguf(path: Path, *, what: str = "the model file") -> None:
    """Refuse a file that is not a complete GGUF file.

    Args:
        path: The file.
        what: What the message calls it.

    Raises:
        DataError: Missing, unreadable, not GGUF, or shorter than its header says.
    """
    try:
        with path.open("rb", buffering=1 << 20) as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            magic = stream.read(4)
            if magic != b"GGUF":
                raise DataError(
                    f"{what} is not a GGUF file",
                    where=str(path),
                    next_step="give a model in llama.cpp's format (.gguf)",
                )
            if _take(stream, "I") < 2:
                raise DataError(
                    f"{what} is in GGUF version 1",
                    where=str(path),
                    next_step="convert it again with a llama.cpp of 2024 or later",
                )
            promised = _least_size(stream)
    except OSError as error:
        raise DataError(
            f"{what} can't be read: {error.strerror}",
            where=str(path),
            next_step="give the path of a .gguf file",
        ) from error
    except (_Truncated, OverflowError, ValueError):
        promised = size + 1
    if size < promised:
        raise DataError(
            f"{what} is cut short: {size:,} bytes are there, its header needs more",
            where=str(path),
            next_step="copy or download it again",
        )


def fingerprint(path: Path) -> str:
    """A hash of the file's content: 12 hexadecimal characters.

    Up to 256 MiB all bytes are hashed. Of a larger file the size and 256 evenly spaced MiB are: two
    tunings of one model differ in every tensor, and hashing 40 GB takes a minute.
    """
    size = path.stat().st_size
    digest = blake2b(b"%d" % size, digest_size=6)
    with path.open("rb") as stream:
        if size <= _WHOLE_HASH_BYTES:
            while block := stream.read(_SAMPLE_BYTES):
                digest.update(block)
        else:
            for index in range(_SAMPLES):
                stream.seek((size - _SAMPLE_BYTES) * index // (_SAMPLES - 1))
                digest.update(stream.read(_SAMPLE_BYTES))
    return digest.hexdigest()
