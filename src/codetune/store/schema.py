"""Records to Arrow and back: the Parquet schema is derived from the dataclass, never retyped."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

import pyarrow as pa

from codetune.records import Record

__all__ = ["REJECT_FIELDS", "from_row", "plain_encoder", "schema_of", "table_of", "to_row"]

REJECT_FIELDS = (
    pa.field("stage", pa.string()),
    pa.field("reason", pa.string()),
    pa.field("detail", pa.string()),
)
"""Columns that `rejects/` has besides the record's own."""

R = TypeVar("R", bound=Record)

_SCALARS: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
}


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(annotation) if part is not type(None)]
        if len(inner) != 1:
            raise TypeError(f"a record field can be one type or None, not {annotation}")
        return inner[0]
    return annotation


def _arrow_type(annotation: Any) -> pa.DataType:
    annotation = _without_none(annotation)
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return pa.string()
    if origin is tuple:
        return pa.list_(_arrow_type(typing.get_args(annotation)[0]))
    if dataclasses.is_dataclass(annotation):
        return pa.struct(_fields(annotation))
    raise TypeError(f"no Parquet column is known for {annotation}")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _fields(kind: Any) -> list[pa.Field]:
    hints = _hints(kind)
    return [pa.field(f.name, _arrow_type(hints[f.name])) for f in dataclasses.fields(kind)]


@cache
def _schema(kind: Any) -> pa.Schema:
    return pa.schema(_fields(kind))


def schema_of(kind: type[Record]) -> pa.Schema:
    """The Arrow schema of a record type: one column a field, in the order of the class."""
    key: Any = kind  # a dataclass type is hashable; the checker can't see it
    return cast(pa.Schema, _schema(key))


@cache
def _encoder(annotation: Any) -> Callable[[Any], Any] | None:
    """How a value becomes plain; None where it is plain already."""
    annotation = _without_none(annotation)
    if typing.get_origin(annotation) is tuple:
        inner = _encoder(typing.get_args(annotation)[0])
        return list if inner is None else lambda values: [inner(v) for v in values]
    if dataclasses.is_dataclass(annotation):
        return _struct_encoder(annotation)
    return None


def _struct_encoder(kind: Any) -> Callable[[Any], dict[str, Any]]:
    hints = _hints(kind)
    parts = [(f.name, _encoder(hints[f.name])) for f in dataclasses.fields(kind)]

    def encode(value: Any) -> dict[str, Any]:
        row = {}
        for name, inner in parts:
            item = getattr(value, name)
            row[name] = item if inner is None or item is None else inner(item)
        return row

    return encode


@cache
def _decoder(annotation: Any) -> Callable[[Any], Any] | None:
    annotation = _without_none(annotation)
    if typing.get_origin(annotation) is tuple:
        inner = _decoder(typing.get_args(annotation)[0])
        return tuple if inner is None else lambda values: tuple(inner(v) for v in values)
    if dataclasses.is_dataclass(annotation):
        return _struct_decoder(annotation)
    return None


def _struct_decoder(kind: Any) -> Callable[[Mapping[str, Any]], Any]:
    hints = _hints(kind)
    parts = {f.name: _decoder(hints[f.name]) for f in dataclasses.fields(kind)}

    def decode(row: Mapping[str, Any]) -> Any:
        values = {}
        for name, inner in parts.items():
            if name not in row:
                continue
            item = row[name]
            values[name] = item if inner is None or item is None else inner(item)
        return kind(**values)

    return decode


@cache
def _row_encoder(kind: Any) -> Callable[[Any], dict[str, Any]]:
    return _struct_encoder(kind)


@cache
def _row_decoder(kind: Any) -> Callable[[Mapping[str, Any]], Any]:
    return _struct_decoder(kind)


def plain_encoder(annotation: Any) -> Callable[[Any], Any]:
    """What turns a value of that annotation (never None) into dicts, lists and scalars."""
    return _encoder(annotation) or (lambda value: value)


def to_row(record: Record) -> dict[str, Any]:
    """A record as plain dicts, lists and scalars."""
    kind: Any = type(record)
    return _row_encoder(kind)(record)


def from_row(kind: type[R], row: Mapping[str, Any]) -> R:
    """A record from what `to_row` gave; columns the type doesn't have are ignored."""
    key: Any = kind
    return cast(R, _row_decoder(key)(row))


def table_of(kind: type[Record], rows: Iterable[Mapping[str, Any]], *, rejects: bool = False) -> pa.Table:
    """An Arrow table with the record's schema, plus the reject columns where asked."""
    schema = schema_of(kind)
    if rejects:
        schema = pa.schema([*schema, *REJECT_FIELDS])
    held: Sequence[Mapping[str, Any]] = list(rows)
    return pa.Table.from_pylist(held, schema=schema)
