"""Records to Arrow column by column: what `table_of` gives for their rows, several times as fast.

The tables are equal to the byte. It is faster since no dictionary is built for each record.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import pyarrow as pa

from codetune.records import Record
from codetune.store.schema import REJECT_FIELDS, plain_encoder, schema_of

__all__ = ["table_of_records", "table_of_rejects"]

_Column = Callable[[Sequence[Any]], pa.Array]


def table_of_records(kind: type[Record], records: Sequence[Record]) -> pa.Table:
    """An Arrow table with the record type's schema.

    Args:
        kind: Type of all the records.
        records: Rows, in order.
    """
    schema = schema_of(kind)
    if not records:
        return schema.empty_table()
    return pa.Table.from_arrays(_arrays(kind, schema, records), schema=schema)


def table_of_rejects(kind: type[Record], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """An Arrow table with the record type's schema and the reject columns.

    Args:
        kind: Type of the records.
        rows: As much of each record as is known, as plain data, with stage, reason and detail. Often
            that is a source and a place: columns that no row has are not looked for in each.
    """
    schema = pa.schema([*schema_of(kind), *REJECT_FIELDS])
    if not rows:
        return schema.empty_table()
    return pa.Table.from_arrays(_sparse(schema, rows), schema=schema)


def _sparse(fields: Iterable[pa.Field], rows: Sequence[Mapping[str, Any]]) -> list[pa.Array]:
    known: set[str] = set().union(*rows)
    return [
        _values(field.type, [row.get(field.name) for row in rows])
        if field.name in known
        else pa.nulls(len(rows), field.type)
        for field in fields
    ]


def _values(arrow: pa.DataType, values: Sequence[Any]) -> pa.Array:
    if not pa.types.is_struct(arrow):
        return pa.array(values, arrow)
    absent = [value is None for value in values]
    inner = [{} if value is None else value for value in values] if any(absent) else values
    mask = pa.array(absent) if any(absent) else None
    return pa.StructArray.from_arrays(_sparse(arrow, inner), fields=list(arrow), mask=mask)


def _arrays(kind: Any, fields: Any, values: Sequence[Any]) -> list[pa.Array]:
    names = tuple(f.name for f in dataclasses.fields(kind))
    columns = (
        zip(*map(attrgetter(*names), values), strict=True)
        if len(names) > 1
        else [tuple(map(attrgetter(names[0]), values))]
    )
    makers = _makers(kind)
    return [make(column) for make, column in zip(makers, columns, strict=True)]


@cache
def _makers(kind: Any) -> tuple[_Column, ...]:
    hints = typing.get_type_hints(kind)
    return tuple(_maker(hints[f.name], _arrow(kind, f.name)) for f in dataclasses.fields(kind))


def _arrow(kind: Any, name: str) -> pa.DataType:
    return schema_of(kind).field(name).type


def _maker(annotation: Any, arrow: pa.DataType) -> _Column:
    inner = [part for part in typing.get_args(annotation) if part is not type(None)]
    bare = inner[0] if type(None) in typing.get_args(annotation) else annotation
    if dataclasses.is_dataclass(bare):
        return lambda column: _struct(bare, arrow, column)
    if typing.get_origin(bare) is tuple:
        return lambda column: _lists(bare, arrow, column)
    return lambda column: pa.array(column, arrow)


def _struct(kind: Any, arrow: pa.DataType, column: Sequence[Any]) -> pa.Array:
    if any(value is None for value in column):
        encode = plain_encoder(kind)
        return pa.array([None if value is None else encode(value) for value in column], arrow)
    return pa.StructArray.from_arrays(_arrays(kind, arrow, column), fields=list(arrow))


def _lists(annotation: Any, arrow: pa.DataType, column: Sequence[Any]) -> pa.Array:
    if not any(column) and None not in column:  # the common case: nothing in any of them
        empty = pa.array([], arrow.value_type)
        return pa.ListArray.from_arrays(pa.array([0] * (len(column) + 1), pa.int32()), empty, type=arrow)
    encode = plain_encoder(annotation)
    return pa.array([None if value is None else encode(value) for value in column], arrow)
