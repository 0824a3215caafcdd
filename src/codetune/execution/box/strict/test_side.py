"""Strict judging, the tests' side: run the tests with stand-ins for the program's names.

This box holds the tests and the expected answers; the program is in another one and can only send
plain data, which is compared here.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import types
from typing import Any

from codetune.execution.box.strict.channel import Channel, ChannelClosed
from codetune.execution.box.strict.codec import NotSerializable, decode, encode

__all__ = ["CannotSend", "bind_names"]


class CannotSend(BaseException):
    """The tests need what can't be sent as plain data. Not an `Exception`, so that no test swallows it."""


class _Remote:
    """Something in the other box: can be called, asked for an attribute, sent back; equals only itself."""

    __slots__ = ("_line", "_number")

    def __init__(self, line: _Line, number: int) -> None:
        object.__setattr__(self, "_line", line)
        object.__setattr__(self, "_number", number)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._line.call(self._number, arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._line.attribute(self._number, name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise CannotSend("the tests set an attribute of the program's")


def _merged(old: Any, new: Any) -> Any:
    """The old container with the new content, where it is one; the tests may hold on to it."""
    if type(old) is type(new) and isinstance(old, (list, dict, set, bytearray)):
        _copy_back(old, new)
        return old
    return new


def _copy_back(original: Any, changed: Any) -> None:
    """Make an argument look as the program left it."""
    if type(original) is not type(changed):
        return
    if isinstance(original, list):
        kept = [_merged(old, new) for old, new in zip(original, changed, strict=False)]
        original[:] = kept + changed[len(kept) :]
    elif isinstance(original, dict):
        kept_pairs = {key: _merged(original.get(key), new) for key, new in changed.items()}
        original.clear()
        original.update(kept_pairs)
    elif isinstance(original, set):
        original.clear()
        original.update(changed)
    elif isinstance(original, bytearray):
        original[:] = changed


class _Line:
    """Questions to the program's box."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def _refer(self, value: Any) -> Any:
        if isinstance(value, _Remote):
            return value._number
        raise NotSerializable(f"a {type(value).__name__}")

    def _resolve(self, number: Any) -> Any:
        if not isinstance(number, int):
            raise NotSerializable("malformed")
        return _Remote(self, number)

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        self._channel.send(message)
        answer = self._channel.receive()
        if isinstance(printed := answer.get("printed"), str):
            sys.stdout.write(printed)
        if isinstance(kinds := answer.get("error"), list):
            raise _exception(kinds)(str(answer.get("text", "")))
        return answer

    def _value(self, answer: dict[str, Any]) -> Any:
        if "value" not in answer:
            raise ValueError(f"the program's answer is no plain data: {answer.get('not_plain')}")
        try:
            return decode(answer["value"], self._resolve)
        except NotSerializable as error:
            raise ChannelClosed from error

    def call(self, number: int, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        try:
            sent = {
                "target": number,
                "arguments": encode(list(arguments), self._refer),
                "keywords": encode(keywords, self._refer),
            }
        except NotSerializable as error:
            raise CannotSend(f"the tests pass {error} to the program") from error
        answer = self.ask(sent)
        value = self._value(answer)
        if "changed" in answer:
            try:
                changed = decode(answer["changed"], lambda number: None)
            except NotSerializable as error:
                raise ChannelClosed from error
            if isinstance(changed, list):
                for original, after in zip(arguments, changed, strict=False):
                    _copy_back(original, after)
        return value

    def attribute(self, number: int, name: str) -> Any:
        return self._value(self.ask({"target": number, "attribute": name}))

    def names(self, wanted: list[str]) -> dict[str, Any]:
        answer = self.ask({"names": wanted})
        if "not_plain" in answer or not isinstance(answer.get("names"), dict):
            raise CannotSend(f"the tests use what can't be sent: {answer.get('not_plain')}")
        found: dict[str, Any] = {}
        for name, entry in answer["names"].items():
            match entry:
                case ["module", str(module)] if module.split(".")[0] in sys.stdlib_module_names:
                    found[name] = importlib.import_module(module)
                case ["callable", int(number)]:
                    found[name] = _Remote(self, number)
                case ["value", value]:
                    found[name] = decode(value, self._resolve)
                case _:
                    raise CannotSend(f"the tests use {name}, which can't be sent")
        return found


def _exception(kinds: list[Any]) -> type[Exception]:
    """The nearest built-in kind of an exception raised over there."""
    for name in kinds:
        kind = getattr(builtins, name, None) if isinstance(name, str) else None
        if isinstance(kind, type) and issubclass(kind, Exception):
            return kind
    return RuntimeError


def _used_names(code: types.CodeType) -> set[str]:
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _used_names(constant)
    return found


def bind_names(tests: types.CodeType, end: int) -> dict[str, Any]:
    """Stand-ins for every name the tests may mean, as far as the program has it.

    Raises:
        CannotSend: One of them is neither callable nor plain.
        ChannelClosed: The program's box is gone.
    """
    used = {name for name in _used_names(tests) if not name.startswith("__")}
    line = _Line(Channel(end))
    found = line.names(sorted(name for name in used if not hasattr(builtins, name)))
    if not any(isinstance(value, _Remote) for value in found.values()):
        # A task may be to write one's own `sum`. Only then: a program that brings its own `all` along
        # with the function under test doesn't get the tests to use it.
        found.update(line.names(sorted(name for name in used if hasattr(builtins, name))))
    return found
