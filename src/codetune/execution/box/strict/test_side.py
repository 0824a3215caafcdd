"""The test side of a strict run: run the tests with stand-ins for the program's names.

This process holds the tests and the expected values; the program is in another box. What comes in
from there is written by the program under test; what is taken from it are plain values, as answers to
calls the tests made, and nothing else:

- only names that the tests use and that the program's text defines at its top level are asked for;
- builtins, modules and names with two leading underscores come from this side's own interpreter;
- an answer that is malformed ends the run as the program's failure.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import types
from typing import Any

from codetune.execution.box.strict.channel import Channel, ChannelClosed
from codetune.execution.box.strict.codec import NotSerializable, decode, encode
from codetune.execution.box.strict.names import (
    imports_of,
    top_level_names,
    unresolved_names,
    used_names,
)

__all__ = ["CannotSend", "bind_names"]

_BUILTINS = frozenset(vars(builtins))
_MOST_KINDS, _LONGEST_NAME, _LONGEST_TEXT = 32, 200, 2000


class CannotSend(BaseException):
    """The tests need what can't be sent as plain data. Not an `Exception`, so that no test swallows it."""


class _Remote:
    """Something on the program side: can be called, asked for an attribute, sent back; equals only itself."""

    __slots__ = ("_connection", "_target")

    def __init__(self, connection: _Connection, target: str | int) -> None:
        object.__setattr__(self, "_connection", connection)
        object.__setattr__(self, "_target", target)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._connection.call(self._target, arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._connection.attribute(self._target, name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise CannotSend("the tests set an attribute of the program's object")


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


class _Connection:
    """Questions to the program side, one at a time; every answer is checked before it is used."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def wait_until_ready(self) -> None:
        """Return once the program's own code has run.

        Raises:
            ChannelClosed: It ended before.
        """
        if self._channel.receive() != ["ready"]:
            raise ChannelClosed

    def _refer(self, value: Any) -> Any:
        if type(value) is _Remote and isinstance(value._target, int):
            return value._target
        raise NotSerializable(f"a {type(value).__name__}")

    def _ask(self, *request: Any) -> tuple[str, list[Any]]:
        try:
            self._channel.send(list(request))
        except ValueError as error:
            raise CannotSend(str(error)) from error
        match self._channel.receive():
            case [str(printed), "error", list(kinds), str(text)]:
                self._print(printed)
                raise _exception(kinds)(text[:_LONGEST_TEXT])
            case [str(printed), str(kind), *rest]:
                self._print(printed)
                return kind, rest
        raise ChannelClosed

    def _print(self, text: str) -> None:
        if text:
            sys.stdout.write(text)

    def _decoded(self, packed: Any) -> Any:
        try:
            return decode(packed, lambda number: _Remote(self, number))
        except NotSerializable as error:
            raise ChannelClosed from error

    def name(self, name: str) -> tuple[bool, Any]:
        """Whether the program has a top-level name, and a stand-in or its value."""
        match self._ask("name", name):
            case "absent", [None]:
                return False, None
            case "callable", [None]:
                return True, _Remote(self, name)
            case "value", [packed]:
                return True, self._decoded(packed)
            case "unserializable", [str()]:
                return False, None
        raise ChannelClosed

    def call(self, target: str | int, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Call a function or object of the program's; arguments are changed as it changed them."""
        try:
            sent = encode(list(arguments), self._refer), encode(keywords, self._refer)
        except NotSerializable as error:
            raise CannotSend(f"the tests pass {error} to the program") from error
        match self._ask("call", target, *sent):
            case "value", [packed, changed]:
                value = self._decoded(packed)
                if changed is not None:
                    self._change(arguments, changed)
                return value
            case "unserializable", [str(why)]:
                raise ValueError(f"the program's answer can't be sent as plain data: {why[:_LONGEST_TEXT]}")
        raise ChannelClosed

    def _change(self, arguments: tuple[Any, ...], packed: Any) -> None:
        try:
            changed = decode(packed, lambda number: None)
        except NotSerializable as error:
            raise ChannelClosed from error
        if type(changed) is not list or len(changed) != len(arguments):
            raise ChannelClosed
        for original, after in zip(arguments, changed, strict=True):
            _copy_back(original, after)

    def attribute(self, target: str | int, name: str) -> Any:
        """An attribute of an object of the program's."""
        match self._ask("attribute", target, name):
            case "value", [packed, None]:
                return self._decoded(packed)
            case "unserializable", [str(why)]:
                raise ValueError(f"the program's answer can't be sent as plain data: {why[:_LONGEST_TEXT]}")
        raise ChannelClosed


def _exception(kinds: list[Any]) -> type[Exception]:
    """The nearest built-in kind of an exception raised by the program."""
    for name in kinds[:_MOST_KINDS]:
        kind = getattr(builtins, name, None) if type(name) is str and len(name) < _LONGEST_NAME else None
        if isinstance(kind, type) and issubclass(kind, Exception):
            return kind
    return RuntimeError


def _imported(statement: tuple[str, str | None] | None) -> tuple[bool, Any]:
    """What an import at the program's top level would bind, imported by this side."""
    if statement is None or statement[0].partition(".")[0] not in sys.stdlib_module_names:
        return False, None
    module, attribute = statement
    try:
        found = importlib.import_module(module)
        return True, found if attribute is None else getattr(found, attribute)
    except (ImportError, AttributeError):
        return False, None


def bind_names(compiled: types.CodeType, tests: bytes, program: bytes, end: int) -> dict[str, Any]:
    """Stand-ins for every name the tests may mean, as far as the program's text defines it.

    Args:
        compiled: The tests.
        tests: Their text.
        program: The program's text; it is parsed here, never run.
        end: The channel.

    Raises:
        ChannelClosed: The program is gone, or wrote what is no answer.
    """
    connection = _Connection(Channel(end))
    connection.wait_until_ready()
    defined, imported = top_level_names(program)
    used = used_names(compiled)
    wanted = used - _BUILTINS
    if not wanted & (defined | imported) and not unresolved_names(tests):
        # The tests know no name but builtins': the task is to write one's own `sum`.
        wanted, imported = used, set()
    found: dict[str, Any] = {}
    for name in sorted(wanted & defined):
        is_there, value = connection.name(name)
        if is_there:
            found[name] = value
    if borrowed := (wanted & imported) - defined:
        statements = imports_of(program)
        for name in sorted(borrowed):
            is_there, value = _imported(statements.get(name))
            if is_there:
                found[name] = value
    return found
