"""Plain data between the program side and the test side: a closed list of types, over JSON.

What goes in is any value; what comes out is made of the types below and nothing else. A value that
claims to equal everything arrives as the plain value it holds, or as a reference that equals nothing.

The program side writes with `encode`, in the program's own process, so whatever arrives at `decode` may
have been written by the program itself. `decode` therefore checks every type, size and depth, and
raises nothing but `NotSerializable`. It takes time and memory in proportion to the message's length.
"""

from __future__ import annotations

import collections
import datetime
import math
from collections.abc import Callable
from typing import Any

__all__ = ["NotSerializable", "decode", "encode"]

_MOST_ITEMS = 12_000_000
"""Values in one message."""
_DEEPEST = 200
_SAFE_INTEGER = 1 << 60
_HEX_DIGITS = 1 << 20
"""Of a large integer."""
_DECIMAL_DIGITS, _DECIMAL_EXPONENT = 1 << 16, 1 << 16
_SAME_HASH = 32
"""Keys of one set or dict whose hash is another key's; more are made to make it slow."""
_ITERATORS: tuple[type, ...] = (map, filter, zip, enumerate, reversed, type(_ for _ in ()), type(iter([])), type({}.keys()),
              type({}.values()), type({}.items()))  # fmt: skip
_SCALARS = frozenset({str, bool, float, type(None)})
_SPECIAL_FLOATS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_TIMES: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
}
_LONGEST_TIME = 64
"""Characters of a date or time."""


class NotSerializable(TypeError):
    """A value that can't be sent as data, or data that is no value."""


def _items(value: Any, refer: Callable[[Any], Any], depth: int) -> list[Any]:
    return [_pack(item, refer, depth) for item in value]


def _pairs(value: dict[Any, Any], refer: Callable[[Any], Any], depth: int) -> list[Any]:
    return [[_pack(k, refer, depth), _pack(v, refer, depth)] for k, v in dict.items(value)]


def _pack_float(value: float) -> Any:
    return value if math.isfinite(value) else ["f", repr(value)]


def _pack_integer(value: int) -> Any:
    return value if -_SAFE_INTEGER < value < _SAFE_INTEGER else ["i", hex(value)]


def _is_exactly(value: Any, module: str, name: str) -> bool:
    """Whether it is of a type whose module isn't loaded here: a zygote doesn't carry it."""
    kind = type(value)
    return kind.__module__ == module and kind.__qualname__ == name and kind is _loaded(module, name)


def _loaded(module: str, name: str) -> Any:
    import sys

    return getattr(sys.modules.get(module), name, None)


# Subclasses count as their base type, read with the base type's own methods.
def _pack(value: Any, refer: Callable[[Any], Any], depth: int = 0) -> Any:
    """Value -> [tag, ...], or a bare string, bool, None, float, or small integer."""
    if depth > _DEEPEST:
        raise NotSerializable("nested too deeply")
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if isinstance(value, int):
        return _pack_integer(int.__index__(value))
    if isinstance(value, float):
        return _pack_float(float.__float__(value))
    if isinstance(value, str):
        return "".join(str.__iter__(value))
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
        return ["r", *map(_pack_integer, (value.start, value.stop, value.step))]
    if _is_exactly(value, "decimal", "Decimal"):
        sign, digits, exponent = value.as_tuple()
        return ["D", sign, "".join(map(str, digits)), exponent]
    if _is_exactly(value, "fractions", "Fraction"):
        return ["Q", _pack_integer(value.numerator), _pack_integer(value.denominator)]
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


class _Reader:
    """Reads one message; counts its values, so that a small one can't become a large one."""

    __slots__ = ("_left", "_resolve")

    def __init__(self, resolve: Callable[[int], Any]) -> None:
        self._resolve = resolve
        self._left = _MOST_ITEMS

    def read(self, packed: Any, depth: int = 0) -> Any:
        kind = type(packed)
        if kind in _SCALARS or (kind is int and -_SAFE_INTEGER < packed < _SAFE_INTEGER):
            return packed
        if kind is not list or not packed or depth > _DEEPEST:
            raise NotSerializable("malformed")
        tag, *rest = packed
        reader = _READERS.get(tag) if type(tag) is str else None
        if reader is None or len(rest) != reader[0]:
            raise NotSerializable("malformed")
        return reader[1](self, depth + 1, *rest)

    def items(self, depth: int, packed: Any) -> list[Any]:
        if type(packed) is not list:
            raise NotSerializable("malformed")
        self._left -= len(packed)
        if self._left < 0:
            raise NotSerializable("too many values")
        return [self.read(item, depth) for item in packed]

    def distinct(self, keys: list[Any]) -> list[Any]:
        """Keys of a set or dict: hashable, none twice, and not made to share a hash."""
        try:
            if len(set(map(hash, keys))) < len(keys) - _SAME_HASH:
                raise NotSerializable("keys that share a hash, or stand there twice")
        except TypeError as error:
            raise NotSerializable("an unhashable key") from error
        return keys

    def set_of(self, depth: int, packed: Any, kind: Callable[[list[Any]], Any]) -> Any:
        keys = self.distinct(self.items(depth, packed))
        made = kind(keys)
        if len(made) != len(keys):
            raise NotSerializable("a key stands there twice")
        return made

    def dict_of(self, depth: int, packed: Any) -> dict[Any, Any]:
        if type(packed) is not list:
            raise NotSerializable("malformed")
        self._left -= 2 * len(packed)
        if self._left < 0 or any(type(pair) is not list or len(pair) != 2 for pair in packed):
            raise NotSerializable("malformed")
        keys = self.distinct([self.read(key, depth) for key, _ in packed])
        made = dict(zip(keys, [self.read(value, depth) for _, value in packed], strict=True))
        if len(made) != len(keys):
            raise NotSerializable("a key stands there twice")
        return made

    def integer(self, packed: Any, least: int | None = None) -> int:
        value = self.read(packed)
        if type(value) is not int or (least is not None and value < least):
            raise NotSerializable("malformed")
        return value

    def refer(self, number: Any) -> Any:
        if type(number) is not int or not 0 <= number < _SAFE_INTEGER:
            raise NotSerializable("malformed")
        return self._resolve(number)


def _large_integer(text: Any) -> int:
    if type(text) is not str or len(text) > _HEX_DIGITS or not text.startswith(("0x", "-0x")):
        raise NotSerializable("malformed")
    return int(text, 16)


def _special_float(text: Any) -> float:
    if type(text) is not str or text not in _SPECIAL_FLOATS:
        raise NotSerializable("malformed")
    return _SPECIAL_FLOATS[text]


def _complex(reader: _Reader, real: Any, imaginary: Any) -> complex:
    parts = [reader.read(part) for part in (real, imaginary)]
    if any(type(part) is not float for part in parts):
        raise NotSerializable("malformed")
    return complex(*parts)


def _bytes(text: Any, kind: type[bytes] | type[bytearray]) -> bytes | bytearray:
    if type(text) is not str:
        raise NotSerializable("malformed")
    return kind.fromhex(text)


def _deque(reader: _Reader, depth: int, packed: Any, longest: Any) -> collections.deque[Any]:
    if longest is not None and (type(longest) is not int or not 0 <= longest < 1 << 31):
        raise NotSerializable("malformed")
    return collections.deque(reader.items(depth, packed), longest)


def _decimal(sign: Any, digits: Any, exponent: Any) -> Any:
    import decimal

    if (
        sign not in (0, 1)
        or type(sign) is not int
        or type(digits) is not str
        or len(digits) > _DECIMAL_DIGITS
    ):
        raise NotSerializable("malformed")
    if not (digits.isascii() and digits.isdigit()) and digits:
        raise NotSerializable("malformed")
    if not (type(exponent) is int and abs(exponent) <= _DECIMAL_EXPONENT) and exponent not in ("F", "n", "N"):
        raise NotSerializable("malformed")
    return decimal.Decimal((sign, tuple(map(int, digits)), exponent))


def _fraction(reader: _Reader, numerator: Any, denominator: Any) -> Any:
    import fractions

    top, bottom = reader.integer(numerator), reader.integer(denominator, least=1)
    if max(top.bit_length(), bottom.bit_length()) > _DECIMAL_DIGITS:
        raise NotSerializable("malformed")  # reducing it takes the square of its length
    return fractions.Fraction(top, bottom)


def _time(name: Any, text: Any, fold: Any) -> Any:
    if type(name) is not str or name not in _TIMES or type(text) is not str or len(text) > _LONGEST_TIME:
        raise NotSerializable("malformed")
    made = _TIMES[name](text)
    return made.replace(fold=1) if fold == 1 and type(fold) is int and name != "date" else made


def _duration(parts: tuple[Any, ...]) -> datetime.timedelta:
    if any(type(part) is not int for part in parts):
        raise NotSerializable("malformed")
    return datetime.timedelta(*parts)


def _range(reader: _Reader, *parts: Any) -> range:
    return range(*[reader.integer(part) for part in parts])


# Tag -> how many parts follow, and what reads them.
_READERS: dict[str, tuple[int, Callable[..., Any]]] = {
    "f": (1, lambda r, d, text: _special_float(text)),
    "i": (1, lambda r, d, text: _large_integer(text)),
    "l": (1, lambda r, d, packed: r.items(d, packed)),
    "t": (1, lambda r, d, packed: tuple(r.items(d, packed))),
    "d": (1, lambda r, d, packed: r.dict_of(d, packed)),
    "dC": (1, lambda r, d, packed: collections.Counter(r.dict_of(d, packed))),
    "dO": (1, lambda r, d, packed: collections.OrderedDict(r.dict_of(d, packed))),
    "s": (1, lambda r, d, packed: r.set_of(d, packed, set)),
    "z": (1, lambda r, d, packed: r.set_of(d, packed, frozenset)),
    "c": (2, lambda r, d, real, imaginary: _complex(r, real, imaginary)),
    "b": (1, lambda r, d, text: _bytes(text, bytes)),
    "B": (1, lambda r, d, text: _bytes(text, bytearray)),
    "q": (2, _deque),
    "r": (3, lambda r, d, *parts: _range(r, *parts)),
    "D": (3, lambda r, d, *parts: _decimal(*parts)),
    "Q": (2, lambda r, d, top, bottom: _fraction(r, top, bottom)),
    "T": (3, lambda r, d, *parts: _time(*parts)),
    "E": (3, lambda r, d, *parts: _duration(parts)),
    "e": (1, lambda r, d, dots: Ellipsis if dots is True else NotImplemented),
    "I": (1, lambda r, d, packed: iter(r.items(d, packed))),
    "o": (1, lambda r, d, number: r.refer(number)),
}


def _no_reference(value: Any) -> Any:
    raise NotSerializable(f"a {type(value).__name__} can't be sent as plain data")


def encode(value: Any, refer: Callable[[Any], Any] = _no_reference) -> Any:
    """Make JSON data of a value.

    Args:
        value: Anything.
        refer: Makes a number that stands for what isn't plain.

    Raises:
        NotSerializable: It isn't plain, or nested deeper than 200 levels.
    """
    return _pack(value, refer)


def decode(packed: Any, resolve: Callable[[int], Any] = _no_reference) -> Any:
    """Make the value again. The data may have been written by the program under test.

    Args:
        packed: What `json.loads` made of a message.
        resolve: Makes something of a number that stands for what isn't plain.

    Raises:
        NotSerializable: The data is malformed, too large, or refers to something unknown.
    """
    try:
        return _Reader(resolve).read(packed)
    except NotSerializable:
        raise
    except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise NotSerializable(f"malformed: {type(error).__name__}") from error
