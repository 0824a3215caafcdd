"""The program side of a strict run: answer the tests' calls with plain data.

What goes in are requests of the test side, what comes out are answers. This runs in the program's own
process, so the program can change all of it: the test side trusts nothing that is written here. No
test, expected value or verdict is ever sent to this side.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from codetune.execution.box.strict.channel import Channel
from codetune.execution.box.strict.codec import NotSerializable, decode, encode

__all__ = ["serve"]

_LONGEST_TEXT = 2000


class _Objects:
    """Objects that were referred to, by number."""

    def __init__(self) -> None:
        self._known: list[Any] = []

    def refer(self, value: Any) -> int:
        self._known.append(value)
        return len(self._known) - 1

    def resolve(self, number: Any) -> Any:
        return self._known[number]


def _described(value: Any, objects: _Objects) -> list[Any]:
    if callable(value):
        return ["callable", None]
    return ["value", encode(value, objects.refer)]


def _called(target: Any, arguments: Any, keywords: Any, objects: _Objects) -> list[Any]:
    given = decode(arguments, objects.resolve)
    value = target(*given, **decode(keywords, objects.resolve))
    packed = encode(value, objects.refer)
    # A function may change the lists it was given, and the tests may look at them.
    after = encode(given, lambda value: 0)
    return ["value", packed, after if after != arguments else None]


def _error(error: BaseException) -> list[Any]:
    kinds = [kind.__name__ for kind in type(error).__mro__]
    try:
        text = str(error)[:_LONGEST_TEXT]
    except BaseException:
        text = ""
    return ["error", kinds, text]


def _answer(request: list[Any], names: dict[str, Any], objects: _Objects) -> list[Any]:
    kind, target, *rest = request
    if kind == "name":
        return _described(names[target], objects) if target in names else ["absent", None]
    owner = names[target] if isinstance(target, str) else objects.resolve(target)
    if kind == "attribute":
        return ["value", encode(getattr(owner, rest[0]), objects.refer), None]
    arguments, keywords = rest
    return _called(owner, arguments, keywords, objects)


def serve(names: dict[str, Any], end: int) -> None:
    """Answer until the test side has no more questions.

    Args:
        names: The program's module, after it ran.
        end: The channel.
    """
    channel, objects = Channel(end), _Objects()
    channel.send(["ready"])
    while True:
        request = channel.receive()
        printed = sys.stdout = io.StringIO()
        try:
            answer = _answer(request, names, objects)
        except NotSerializable as error:
            answer = ["unserializable", str(error)]
        except (SystemExit, GeneratorExit):
            raise
        except BaseException as error:
            answer = _error(error)
        finally:
            sys.stdout = sys.__stdout__
        try:
            channel.send([printed.getvalue(), *answer])
        except ValueError as error:
            channel.send(["", "unserializable", str(error)])
