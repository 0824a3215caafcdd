"""A file cut into blocks of whole rows, some megabytes each: the units of work.

Cutting is cheap and happens in one place; the rows are parsed where the work is done. Known are
JSON Lines, a JSON array of objects, one JSON object, Parquet, and plain lines.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
import orjson

from codetune.rejection import Rejection
from codetune.sources.files.faults import FileFault
from codetune.sources.files.input_files import InputFile

__all__ = ["BLOCK_BYTES", "Block", "blocks", "newlines", "row_count", "rows"]

BLOCK_BYTES = 8 << 20
_MAX_ROW_BYTES = 64 << 20
_BOM = b"\xef\xbb\xbf"
_BETWEEN_ROWS = re.compile(rb"[}\]\"]\s*,\s*(?=[{\[\"])")
_BETWEEN_OBJECTS = re.compile(rb"}\s*,\s*(?={)")
_PARQUET_ROWS = 5_000

Kind = Literal["lines", "array", "objects"]


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of one file, not parsed yet.

    Attributes:
        file: Name of the file, as `InputFile.name`.
        first: Number of the first row, from 1: the line of JSON Lines, the element of an array.
        kind: How `data` holds the rows.
        data: Lines; elements of a JSON array with their commas; or parsed rows.
        faults: (row, reason, detail) of what could not be cut into rows.
        extra: What a source wants to know where the rows are parsed, e.g. the ids a list names.
    """

    file: str
    first: int
    kind: Kind
    data: Any
    faults: tuple[tuple[int, str, str], ...] = ()
    extra: Any = None


def blocks(file: InputFile, *, size: int = BLOCK_BYTES, lines_only: bool = False) -> Iterator[Block]:
    """Cut a file; what makes the rest of it unreadable becomes the last block's fault.

    Args:
        file: The file.
        size: Bytes of a block, about.
        lines_only: Don't look for JSON: every line is a row.
    """
    last: Block | None = None
    try:
        if file.plain_name.lower().endswith(".parquet"):
            cutting = _parquet(file)
        else:
            cutting = _text(file, size, lines_only)
        for last in cutting:
            yield last
    except Rejection as fault:
        row = 1 if last is None else last.first + row_count(last)
        yield Block(file.name, row, "objects", [], ((row, fault.reason, fault.detail),))


def newlines(data: bytes | memoryview) -> int:
    """Line feeds in some bytes; three times as fast as `bytes.count`."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == 0x0A))


def row_count(block: Block) -> int:
    """Rows in a block, blank lines counted (they have numbers too)."""
    if block.kind == "lines":
        return newlines(block.data) + (not block.data.endswith(b"\n"))
    if block.kind == "objects":
        return len(block.data)
    return len(orjson.loads(b"[" + block.data + b"]"))


def _text(file: InputFile, size: int, lines_only: bool) -> Iterator[Block]:
    with file.open() as opened:
        stream = _Stream(opened)
        head = stream.read(size)
        blank = 0
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FileFault("not UTF-8", "a byte order mark of UTF-16")
        head = head.removeprefix(_BOM)
        while not (start := head.lstrip()):  # blank lines, however many
            blank += newlines(head)
            head = stream.read(size)
            if not head:
                return
        if lines_only or start[:1] not in b"[{" or (start[:1] == b"{" and _is_json_lines(start)):
            yield from _cut_lines(file.name, stream, head, size, 1 + blank)
        elif start[:1] == b"[":
            yield from _cut_array(file.name, stream, start[1:], size)
        else:
            yield _one_object(file.name, stream, start)


class _Stream:
    """A stream whose fault comes after everything that could be read before it."""

    def __init__(self, stream: BinaryIO) -> None:
        # One read of the layer below at a time: a larger read would lose what it had when it fails.
        self._read = getattr(stream, "read1", stream.read)
        self._fault: FileFault | None = None

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end, or before the fault that the next call raises."""
        if self._fault is not None:
            raise self._fault
        parts = []
        try:
            while size > 0 and (piece := self._read(size)):
                parts.append(piece)
                size -= len(piece)
        except FileFault as fault:
            self._fault = fault
            if not parts:
                raise
        return b"".join(parts)


def _is_json_lines(start: bytes) -> bool:
    """Whether the first line is a whole object: a file of one object spreads it over lines."""
    line, newline, rest = start.partition(b"\n")
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        # A broken first row must not hide that it is one of many.
        return bool(newline) and rest.lstrip()[:2] == b'{"' and line.rstrip().endswith(b"}")
    return True


def _cut_lines(name: str, stream: _Stream, held: bytes, size: int, row: int) -> Iterator[Block]:
    ending: FileFault | None = None
    while True:
        try:
            more = stream.read(size) if ending is None else b""
        except FileFault as fault:
            more, ending = b"", fault
        if not more:
            break
        cut = more.rfind(b"\n") + 1
        if cut:
            data = b"".join((held, memoryview(more)[:cut]))
            yield Block(name, row, "lines", data)
            row += newlines(data)
            held = more[cut:]
        else:
            held += more
        if len(held) > _MAX_ROW_BYTES:
            raise FileFault("row too long", f"line {row} is over {_MAX_ROW_BYTES >> 20} MiB")
    if ending is not None:  # the last line is what the damage left of it
        cut = held.rfind(b"\n") + 1
        whole, row_after = held[:cut], row + held.count(b"\n", 0, cut)
        yield Block(name, row, "lines", whole, ((row_after, ending.reason, ending.detail),))
    elif held.strip():
        yield Block(name, row, "lines", held)


def _cut_array(name: str, stream: _Stream, held: bytes, size: int) -> Iterator[Block]:
    """Elements of a JSON array.

    A piece that starts at an element and parses as a list of elements ends at one too, so the
    last boundary that parses is a true one: the parser decides, not a search for brackets.
    """
    row = 1
    ending: FileFault | None = None
    at_end = False
    while held.strip() or not at_end:
        if len(held) < size and not at_end:
            try:
                more = stream.read(size)
            except FileFault as fault:
                more, ending = b"", fault
            at_end = not more
            held += more
        if at_end and ending is None:
            whole = held.rstrip()
            if whole.endswith(b"]") and _elements(whole[:-1]) is not None:
                if whole[:-1].strip():
                    yield Block(name, row, "array", whole[:-1])
                return
        cut, count = _last_boundary(held)
        if cut:
            yield Block(name, row, "array", held[:cut].rstrip().removesuffix(b","))
            row += count
            held = held[cut:]
        elif at_end:
            break
        elif len(held) > _MAX_ROW_BYTES:
            raise FileFault("row too long", f"row {row} is over {_MAX_ROW_BYTES >> 20} MiB")
        else:
            broken = _skip_broken(held)
            if broken:
                yield Block(name, row, "objects", [], ((row, "not JSON", _excerpt(held)),))
                row += 1
                held = held[broken:]
            else:
                size *= 2  # one row longer than a block
    if ending is not None:
        raise_last: Rejection = ending
    elif not held.strip():
        raise_last = Rejection("array cut short", "the closing bracket is missing")
    else:
        yield from _rest_of_array(name, row, held)
        return
    yield Block(name, row, "objects", [], ((row, raise_last.reason, raise_last.detail),))


def _elements(data: bytes) -> int | None:
    """How many elements a piece of an array holds, or None where it isn't one."""
    try:
        return len(orjson.loads(b"[" + data.rstrip().removesuffix(b",") + b"]"))
    except orjson.JSONDecodeError:
        return None


def _last_boundary(data: bytes) -> tuple[int, int]:
    """(bytes, elements) of the longest run of whole elements that a boundary ends; (0, 0) if none."""
    tail = max(0, len(data) - (256 << 10))
    # Most boundaries are of two objects; each that is tried and is none costs a parse of everything before it.
    objects = [match.end() for match in _BETWEEN_OBJECTS.finditer(data, tail)][-2:]
    candidates = [match.end() for match in _BETWEEN_ROWS.finditer(data, tail)][-200:]
    for cut in dict.fromkeys((*reversed(objects), *reversed(candidates))):
        count = _elements(data[:cut])
        if count is not None:
            return cut, count
    # A broken element is in between: up to it, halving the way.
    candidates = [match.end() for match in _BETWEEN_ROWS.finditer(data)]
    low, high, best = 0, len(candidates), (0, 0)
    while low < high:
        middle = (low + high) // 2
        cut, count = next(
            ((c, n) for c in candidates[middle : middle + 20] if (n := _elements(data[:c])) is not None),
            (0, None),
        )
        if count is None:
            high = middle
        else:
            best, low = (cut, count), middle + 1
    return best


def _skip_broken(data: bytes) -> int:
    """Bytes of a broken element that a whole one follows; 0 where none does."""
    candidates = [match.end() for match in _BETWEEN_ROWS.finditer(data)]
    for position, start in enumerate(candidates[:50]):
        for end in candidates[position + 1 : position + 21]:
            if _elements(data[start:end]) is not None:
                return start
    last = data.rstrip().removesuffix(b"]")
    for start in candidates[:50]:
        if _elements(last[start:]) is not None and last[start:].strip():
            return start
    return 0


def _rest_of_array(name: str, row: int, held: bytes) -> Iterator[Block]:
    """The end of an array of which something does not parse: a broken row, or one cut short."""
    while held.strip():
        whole = held.rstrip()
        body = whole.removesuffix(b"]")
        count = _elements(body) if whole.endswith(b"]") else None
        if count is not None:
            if body.strip():
                yield Block(name, row, "array", body.rstrip().removesuffix(b","))
            return
        cut, count = _last_boundary(held)
        if cut:
            yield Block(name, row, "array", held[:cut].rstrip().removesuffix(b","))
            row, held = row + count, held[cut:]
            continue
        if not whole.endswith(b"]") and (count := _elements(whole)) is not None:
            missing = (row + count, "array cut short", "the closing bracket is missing")
            yield Block(name, row, "array", whole.removesuffix(b","), (missing,))
            return
        broken = _skip_broken(held)
        cut_short = not broken and not whole.endswith(b"]")
        reason = "array cut short" if cut_short else "not JSON"
        yield Block(name, row, "objects", [], ((row, reason, _excerpt(held)),))
        if not broken:
            return
        row, held = row + 1, held[broken:]


def _one_object(name: str, stream: _Stream, start: bytes) -> Block:
    """A file that is one object: its only list of objects holds the rows, else it is the row."""
    data = start
    while piece := stream.read(BLOCK_BYTES):
        data += piece
        if len(data) > _MAX_ROW_BYTES * 8:
            raise FileFault("row too long", "the file is one JSON object, and too large for one")
    try:
        whole = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise FileFault("not JSON", str(error)) from error
    lists = [
        value for value in whole.values() if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
    return Block(name, 1, "objects", lists[0] if len(lists) == 1 and len(whole) <= 3 else [whole])


def _parquet(file: InputFile) -> Iterator[Block]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 1
    with file.open() as opened:
        stream = opened if opened.seekable() else io.BytesIO(opened.read())
        try:
            for batch in pq.ParquetFile(stream).iter_batches(batch_size=_PARQUET_ROWS):
                yield Block(file.name, row, "objects", batch.to_pylist())
                row += batch.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            raise FileFault("damaged Parquet file", str(error).splitlines()[0]) from error


def rows(block: Block) -> Iterator[tuple[int, Any]]:
    """The rows of a block as (number, value); a value that is a Rejection stands for a broken row."""
    if block.kind == "lines":
        yield from _json_lines(block)
    elif block.kind == "array":
        values: list[Any] = orjson.loads(b"[" + block.data + b"]")
        yield from enumerate(values, block.first)
    else:
        yield from enumerate(block.data, block.first)
    for row, reason, detail in block.faults:
        yield row, Rejection(reason, detail)


def _json_lines(block: Block) -> Iterator[tuple[int, Any]]:
    loads = orjson.loads
    for number, line in enumerate(block.data.split(b"\n"), block.first):
        if not line or line.isspace():
            continue
        try:
            value = loads(line)
        except orjson.JSONDecodeError as error:
            yield number, _json_fault(line, error)
        else:
            yield number, value


def _json_fault(line: bytes, error: Exception) -> Rejection:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as undecodable:
        return Rejection("not UTF-8", f"byte {undecodable.start} of the row")
    if b"surrogate" in str(error).encode() or re.search(rb"\\u[dD][89a-fA-F]", line):
        return Rejection("lone surrogate", str(error))
    if b"\0" in line:
        return Rejection("NUL bytes", f"byte {line.index(0)} of the row")
    return Rejection("not JSON", f"{error}: {_excerpt(line)}")


def _excerpt(data: bytes) -> str:
    text = " ".join(data[:200].decode("utf-8", "replace").split())
    return text if len(text) <= 80 else text[:77] + "..."
