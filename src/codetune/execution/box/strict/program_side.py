"""Strict judging, the program's side: answer calls with plain data.

The program is untrusted, and so is all that is sent from here; it never sees a test, an expected
answer or a verdict.
"""

from __future__ import annotations

import io
import sys
import types
from typing import Any

from codetune.execution.box.strict.channel import Channel
from codetune.execution.box.strict.codec import NotSerializable, decode, encode

__all__ = ["serve"]


class _Objects:
    """What was referred to, by number."""

    def __init__(self) -> None:
        self._known: list[Any] = []

    def refer(self, value: Any) -> int:
        self._known.append(value)
        return len(self._known) - 1

    def resolve(self, number: Any) -> Any:
        return self._known[number]


def _kind(value: Any) -> str:
    if isinstance(value, types.ModuleType):
        return "module"
    return "callable" if callable(value) else "value"


def _describe_names(wanted: list[str], names: dict[str, Any], objects: _Objects) -> dict[str, Any]:
    found = {}
    for name in wanted:
        if name not in names:
            continue
        kind = _kind(names[name])
        if kind == "module":
            found[name] = [kind, names[name].__name__]
        elif kind == "callable":
            found[name] = [kind, objects.refer(names[name])]
        else:
            found[name] = [kind, encode(names[name], objects.refer)]
    return found


def _call(message: dict[str, Any], objects: _Objects) -> dict[str, Any]:
    target = objects.resolve(message["target"])
    if "attribute" in message:
        return {"value": encode(getattr(target, message["attribute"]), objects.refer)}
    arguments = decode(message["arguments"], objects.resolve)
    keywords = decode(message["keywords"], objects.resolve)
    value = target(*arguments, **keywords)
    answer = {"value": encode(value, objects.refer)}
    # A function may change the lists it was given; the test that looks at them has to see it.
    after = encode(arguments, lambda value: -1)
    if after != message["arguments"]:
        answer["changed"] = after
    return answer


def _error(error: BaseException) -> dict[str, Any]:
    kinds = [kind.__name__ for kind in type(error).__mro__]
    try:
        text = str(error)[:2000]
    except BaseException:
        text = ""
    return {"error": kinds, "text": text}


def serve(names: dict[str, Any], end: int) -> None:
    """Answer until the judge has no more questions.

    Args:
        names: The program's module, after it ran.
        end: The channel.
    """
    channel, objects = Channel(end), _Objects()
    while True:
        message = channel.receive()
        printed = sys.stdout = io.StringIO()
        try:
            answer: dict[str, Any]
            if "names" in message:
                answer = {"names": _describe_names(message["names"], names, objects)}
            else:
                answer = _call(message, objects)
        except NotSerializable as error:
            answer = {"not_plain": str(error)}
        except (SystemExit, GeneratorExit):
            raise
        except BaseException as error:
            answer = _error(error)
        finally:
            sys.stdout = sys.__stdout__
        if text := printed.getvalue():
            answer["printed"] = text
        channel.send(answer)
