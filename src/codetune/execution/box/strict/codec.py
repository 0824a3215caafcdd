"""Plain data between the judge and the program: a closed codec over JSON.

Whatever a program returns, what the judge gets is made of the types below and nothing else: a
value that claims to equal everything, or a number with methods of its own, arrives as the plain
value it holds, or as an opaque reference that equals nothing.
"""

from __future__ import annotations

import collections
import datetime
import math
from collections.abc import Callable
from typing import Any

__all__ = ["NotSerializable", "decode", "encode"]

_MOST_ITEMS = 1_000_000
_SAFE_INTEGER = 1 << 60
_TIMES: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
}
_ITERATORS: tuple[type, ...] = (map, filter, zip, enumerate, reversed, type(_ for _ in ()), type(iter([])), type({}.keys()),
              type({}.values()), type({}.items()))  # fmt: skip


_NUMBERS = {("decimal", "Decimal"): "Decimal", ("fractions", "Fraction"): "Fraction"}


def _number(name: str) -> Any:
    """These are imported when first met: a zygote doesn't carry them."""
    if name == "Decimal":
        import decimal

        return decimal.Decimal
    if name == "Fraction":
        import fractions

        return fractions.Fraction
    raise NotSerializable("malformed")


class NotSerializable(TypeError):
    """A value that can't be sent as data."""


def _items(value: Any, refer: Callable[[Any], Any], depth: int) -> list[Any]:
    return [_pack(item, refer, depth) for item in value]


def _pairs(value: dict[Any, Any], refer: Callable[[Any], Any], depth: int) -> list[Any]:
    return [[_pack(k, refer, depth), _pack(v, refer, depth)] for k, v in dict.items(value)]


def _pack_float(value: float) -> Any:
    return ["f", repr(value)] if math.isinf(value) or math.isnan(value) else ["F", value]


# Subclasses count as what they are at heart, read with the base type's own methods.
def _pack(value: Any, refer: Callable[[Any], Any], depth: int = 0) -> Any:
    """Value -> [tag, ...], or a bare string, bool, None, or small integer."""
    if depth > 200:
        raise NotSerializable("nested too deeply")
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if isinstance(value, int):
        number = int.__index__(value)
        return number if -_SAFE_INTEGER < number < _SAFE_INTEGER else ["i", hex(number)]
    if isinstance(value, float):
        return _pack_float(float.__float__(value))
    if isinstance(value, str):
        return str.__str__(value) if kind is str else "".join(str.__iter__(value))
    depth += 1
    if isinstance(value, list):
        return ["l", _items(list.__iter__(value), refer, depth)]
    if isinstance(value, tuple):
        return ["t", _items(tuple.__iter__(value), refer, depth)]
    if isinstance(value, dict):
        tag = "dC" if kind is collections.Counter else "dO" if kind is collections.OrderedDict else "d"
        return [tag, _pairs(value, refer, depth)]
    if isinstance(value, set):
        return ["s", _items(set.__iter__(value), refer, depth)]
    if isinstance(value, frozenset):
        return ["z", _items(frozenset.__iter__(value), refer, depth)]
    if isinstance(value, complex):
        return ["c", _pack_float(value.real), _pack_float(value.imag)]
    if kind is bytes or kind is bytearray:
        return ["b" if kind is bytes else "B", value.hex()]
    if kind is collections.deque:
        return ["q", _items(value, refer, depth), value.maxlen]
    if kind is range:
        return ["r", value.start, value.stop, value.step]
    if (name := _NUMBERS.get((kind.__module__, kind.__qualname__))) and kind is _number(name):
        return ["N", name, str(value)]
    if kind in (datetime.datetime, datetime.date, datetime.time):
        return ["T", kind.__name__, value.isoformat(), getattr(value, "fold", 0)]
    if kind is datetime.timedelta:
        return ["E", value.days, value.seconds, value.microseconds]
    if value is Ellipsis or value is NotImplemented:
        return ["e", value is Ellipsis]
    if kind in _ITERATORS:
        taken = []
        for item in value:
            taken.append(_pack(item, refer, depth))
            if len(taken) > _MOST_ITEMS:
                raise NotSerializable("an iterator without end")
        return ["I", taken]
    return ["o", refer(value)]


def _unpack(packed: Any, resolve: Callable[[Any], Any], depth: int = 0) -> Any:
    if not isinstance(packed, list):
        if packed is None or isinstance(packed, (bool, str, int)):
            return packed
        raise NotSerializable("malformed")
    if depth > 250 or not packed:
        raise NotSerializable("malformed")
    tag, *rest = packed

    def items() -> list[Any]:
        return [_unpack(item, resolve, depth + 1) for item in rest[0]]

    def pairs() -> list[tuple[Any, Any]]:
        return [(_unpack(k, resolve, depth + 1), _unpack(v, resolve, depth + 1)) for k, v in rest[0]]

    match tag:
        case "F" | "f":
            return float(rest[0])
        case "i":
            return int(rest[0], 16)
        case "l":
            return items()
        case "t":
            return tuple(items())
        case "d":
            return dict(pairs())
        case "dC":
            return collections.Counter(dict(pairs()))
        case "dO":
            return collections.OrderedDict(pairs())
        case "s":
            return set(items())
        case "z":
            return frozenset(items())
        case "c":
            return complex(_unpack(rest[0], resolve), _unpack(rest[1], resolve))
        case "b" | "B":
            return bytes.fromhex(rest[0]) if tag == "b" else bytearray.fromhex(rest[0])
        case "q":
            return collections.deque(items(), rest[1])
        case "r":
            return range(*rest)
        case "N":
            return _number(rest[0])(rest[1])
        case "T":
            return _TIMES[rest[0]](rest[1]).replace(**({"fold": 1} if rest[2] else {}))
        case "E":
            return datetime.timedelta(*rest)
        case "e":
            return Ellipsis if rest[0] else NotImplemented
        case "I":
            return iter(items())
        case "o":
            return resolve(rest[0])
    raise NotSerializable("malformed")


def _no_reference(value: Any) -> Any:
    raise NotSerializable(f"a {type(value).__name__} can't be sent as plain data")


def encode(value: Any, refer: Callable[[Any], Any] = _no_reference) -> Any:
    """Make JSON data of a value.

    Args:
        value: Anything.
        refer: Makes JSON data that stands for what isn't plain.

    Raises:
        NotSerializable: It isn't plain, or nested deeper than 200 levels.
    """
    return _pack(value, refer)


def decode(packed: Any, resolve: Callable[[Any], Any] = _no_reference) -> Any:
    """Make the value again.

    Raises:
        NotSerializable: The data is malformed, or refers to something unknown.
    """
    try:
        return _unpack(packed, resolve)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise NotSerializable(f"malformed: {error}") from error
