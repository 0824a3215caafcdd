"""JSON Lines straight to Arrow columns: a million plain rows need no Python object each.

Rows that are out of order (a blank field, NUL characters) are named, and go the ordinary way, which
knows the reason for each refusal; a block that is not plain objects of texts goes it as a whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from codetune.sources.files.row_blocks import Block, row_count

__all__ = ["Texts", "blank_to_null", "content_ids", "filled", "read_texts"]

_ID_BYTES = 16
"""Of a digest in `codetune.records.content_id`."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Text columns of the rows that are in order.

    Attributes:
        columns: Name -> string array.
        numbers: Row number of each value, int64.
        odd: Positions (from 0, in the block) of the rows that are not in order.
    """

    columns: dict[str, pa.Array]
    numbers: pa.Array
    odd: tuple[int, ...]


def read_texts(block: Block, required: Sequence[str], optional: Sequence[str] = ()) -> Texts | None:
    """Text columns of a block of JSON Lines.

    Args:
        block: Of kind `lines`.
        required: Fields that may not be missing or blank.
        optional: Fields that may be missing or null (then null).

    Returns:
        The rows in order, those with NUL characters not among them; None where a line is no such
        object at all, or blank.
    """
    if block.kind != "lines" or block.faults:
        return None
    lines = row_count(block)
    schema = pa.schema([(name, pa.string()) for name in (*required, *optional)])
    try:
        table = pj.read_json(
            pa.BufferReader(block.data),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(block.data) + 1),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        ).combine_chunks()
        table.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    if table.num_rows != lines:
        return None
    columns = {name: _single(table.column(name)) for name in schema.names}
    numbers = pa.array(np.arange(block.first, block.first + lines))
    odd = pa.repeat(pa.scalar(False), lines)
    for name in required:
        odd = pc.or_(odd, pc.fill_null(_blank(columns[name]), True))
    for column in columns.values():
        if _has_nul(column):
            odd = pc.or_(odd, pc.fill_null(pc.match_substring(column, "\0"), False))
    if not pc.any(odd).as_py():
        return Texts(columns, numbers, ())
    good = pc.invert(odd)
    return Texts(
        {name: column.filter(good) for name, column in columns.items()},
        numbers.filter(good),
        tuple(np.flatnonzero(odd.to_numpy(zero_copy_only=False)).tolist()),
    )


def _single(column: pa.ChunkedArray) -> pa.Array:
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks or [pa.array([], column.type)])
    )


def _has_nul(column: pa.Array) -> bool:
    """Whether a NUL is in the texts; one look through the bytes, where a search by row costs ten."""
    _, ends, data = column.buffers()
    if data is None:
        return False
    edges = np.frombuffer(ends, np.int32)[column.offset : column.offset + len(column) + 1]
    return not bool(np.frombuffer(data, np.uint8)[edges[0] : edges[-1]].all())


def _blank(column: pa.Array) -> pa.Array:
    return pc.or_(pc.equal(column, ""), pc.utf8_is_space(column))


def blank_to_null(column: pa.Array) -> pa.Array:
    """Texts that are empty or white space only become null."""
    return pc.if_else(_blank(column), None, column)


def content_ids(kind: str, parts: Sequence[pa.Array | str]) -> pa.Array:
    """`codetune.records.content_id` of many rows: equal to calling it for each.

    Args:
        kind: Name of the record type.
        parts: The parts of the id: string arrays of one length, or a text that every row has. At
            least one is an array.

    Returns:
        String array of the ids.
    """
    rows = next(len(part) for part in parts if isinstance(part, pa.Array))
    framed = [pa.scalar(kind.encode(), pa.binary()), *(_framed(part) for part in parts)]
    whole = pc.binary_join_element_wise(*framed, pa.scalar(b"", pa.binary()))
    _, ends, data = whole.buffers()
    edges = np.frombuffer(ends, np.int32)[whole.offset : whole.offset + rows + 1].tolist()
    text = memoryview(data) if data is not None else memoryview(b"")
    digests = b"".join(
        [blake2b(text[start:end], digest_size=_ID_BYTES).digest() for start, end in itertools.pairwise(edges)]
    )
    width = 2 * _ID_BYTES
    offsets = np.arange(0, width * rows + 1, width, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(digests.hex().encode()))


def _framed(part: pa.Array | str) -> pa.Array | pa.Scalar:
    """A part with its length in bytes before it, as ids are made of them; missing ones are one byte."""
    if isinstance(part, str):
        data = part.encode()
        return pa.scalar(b"%d:%s" % (len(data), data), pa.binary())
    texts = part.cast(pa.binary())
    lengths = pc.binary_length(texts).cast(pa.string()).cast(pa.binary())
    framed = pc.binary_join_element_wise(lengths, texts, pa.scalar(b":", pa.binary()))
    return pc.fill_null(framed, pa.scalar(b"\xff", pa.binary())) if part.null_count else framed


def filled(fields: Any, rows: int, given: Mapping[str, Any]) -> list[pa.Array]:
    """All columns of a schema or struct type: those given, constants repeated, nothing for the rest.

    Args:
        fields: A schema or a struct type.
        rows: Length of the columns.
        given: Name -> array, or a value that every row has.
    """
    columns = []
    for field in fields:
        value = given.get(field.name)
        if isinstance(value, pa.Array):
            columns.append(value)
        elif value is not None:
            columns.append(pa.repeat(pa.scalar(value, field.type), rows))
        elif pa.types.is_list(field.type):
            offsets = pa.repeat(pa.scalar(0, pa.int32()), rows + 1)
            columns.append(
                pa.ListArray.from_arrays(offsets, pa.array([], field.type.value_type), type=field.type)
            )
        else:
            columns.append(pa.nulls(rows, field.type))
    return columns
