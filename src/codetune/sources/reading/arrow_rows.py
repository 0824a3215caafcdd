"""JSON Lines straight to Arrow columns: a million plain rows need no Python object each.

Rows that are out of order (a blank field, NUL characters) are named, and go the ordinary way, which
knows the reason for each refusal; a block that is not plain objects of texts goes it as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from codetune.sources.reading.blocks import Block

__all__ = ["Texts", "blank_to_null", "content_ids", "filled", "read_texts"]


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
    lines = block.data.count(b"\n") + (not block.data.endswith(b"\n"))
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
    if b"\\u0000" in block.data:
        for column in columns.values():
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


def _blank(column: pa.Array) -> pa.Array:
    return pc.or_(pc.equal(column, ""), pc.utf8_is_space(column))


def blank_to_null(column: pa.Array) -> pa.Array:
    """Texts that are empty or white space only become null."""
    return pc.if_else(_blank(column), None, column)


def content_ids(kind: str, columns: Sequence[Sequence[str | None]]) -> list[str]:
    """`codetune.records.content_id` of many rows: equal to calling it for each.

    Args:
        kind: Name of the record type.
        columns: The parts of the id, one sequence a part, all of the same length.
    """
    head = kind.encode()
    found = []
    for parts in zip(*columns, strict=True):
        pieces = [head]
        for part in parts:
            if part is None:
                pieces.append(b"\xff")
            else:
                data = part.encode()
                pieces += (b"%d:" % len(data), data)
        found.append(blake2b(b"".join(pieces), digest_size=16).hexdigest())
    return found


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
