"""Runs inside the sandbox: what tests use of pytest, on the standard library alone.

This file's text is put before tests that need it, so that a row's tests run where pytest is not installed. It has
fixtures (also with parameters, `yield`, `autouse`, and `tmp_path`, `monkeypatch`, `capsys`, `request`), `parametrize`
(stacked, on classes), `raises`, `approx`, `warns`, `fail`, async tests and `setup_method`. Marks that say nothing
about the outcome do nothing; tests that are skipped or expected to fail are taken out before. It has no plugins.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import math
import re
from typing import Any

__all__ = ["pytest", "run_test"]

_REST = object()
_BUILT_IN = frozenset({"tmp_path", "monkeypatch", "capsys", "request"})


class _Raises(contextlib.AbstractContextManager):  # type: ignore[type-arg]
    def __init__(self, kind: Any, match: str | None = None) -> None:
        self.kind, self.match, self.value, self.type = kind, match, None, None

    def __exit__(self, kind: Any, value: Any, trace: Any) -> bool:
        assert kind is not None, f"did not raise {self.kind}"
        self.value, self.type = value, kind
        if not issubclass(kind, self.kind):
            return False
        assert self.match is None or re.search(self.match, str(value)), (
            f"{value!s} does not match {self.match}"
        )
        return True


class _Warns(contextlib.AbstractContextManager):  # type: ignore[type-arg]
    def __init__(self, kind: Any = Warning, match: str | None = None) -> None:
        import warnings

        self.kind, self.match, self.catch = kind, match, warnings.catch_warnings(record=True)

    def __enter__(self) -> Any:
        import warnings

        self.found: Any = self.catch.__enter__()
        warnings.simplefilter("always")
        return self.found

    def __exit__(self, *error: Any) -> None:
        self.catch.__exit__(*error)
        fits = [w for w in self.found if issubclass(w.category, self.kind)]
        assert error[0] or any(not self.match or re.search(self.match, str(w.message)) for w in fits), (
            "no such warning"
        )


class _Approx:
    def __init__(
        self, value: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False
    ) -> None:
        self.value, self.nan_ok = value, nan_ok
        self.abs = 1e-12 if abs is None else abs
        self.rel = (1e-6 if abs is None else 0.0) if rel is None else rel

    def __eq__(self, other: object) -> bool:
        return self._near(self.value, other)

    __hash__ = None  # type: ignore[assignment]

    def _near(self, own: Any, other: Any) -> bool:
        if isinstance(own, dict):
            return (
                isinstance(other, dict)
                and own.keys() == other.keys()
                and all(self._near(own[k], other[k]) for k in own)
            )
        if isinstance(own, (list, tuple)):
            return len(own) == len(other) and all(map(self._near, own, other))
        if isinstance(own, complex) or isinstance(other, complex):
            return bool(abs(own - other) <= max(self.abs, self.rel * abs(own)))
        if isinstance(own, (int, float)) and isinstance(other, (int, float)):
            if math.isnan(own) or math.isnan(other):
                return self.nan_ok and math.isnan(own) and math.isnan(other)
            return own == other or (
                not math.isinf(own) and abs(own - other) <= max(self.abs, self.rel * abs(own))
            )
        return bool(own == other)

    def __repr__(self) -> str:
        return f"approx({self.value!r})"


class _Param:
    def __init__(self, *values: Any, **_: Any) -> None:
        self.values = values


class _Fixture:
    def __init__(
        self, function: Any, params: Any = None, autouse: bool = False, name: str | None = None, **_: Any
    ) -> None:
        self.function, self.params, self.autouse = function, params, autouse
        self.name = name or function.__name__


def _fixture(function: Any = None, **more: Any) -> Any:
    return _Fixture(function) if callable(function) else lambda made: _Fixture(made, **more)


class _Marks:
    def parametrize(self, names: Any, values: Any, **_: Any) -> Any:
        keys = [n.strip() for n in names.split(",") if n.strip()] if isinstance(names, str) else list(names)
        rows = []
        for value in values:
            given = (
                value.values if isinstance(value, _Param) else (value,) if len(keys) == 1 else tuple(value)
            )
            rows.append(dict(zip(keys, given, strict=True)))

        def wrap(made: Any) -> Any:
            made._rows = [*getattr(made, "_rows", []), rows]
            return made

        return wrap

    def usefixtures(self, *names: str) -> Any:
        def wrap(made: Any) -> Any:
            made._uses = (*getattr(made, "_uses", ()), *names)
            return made

        return wrap

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **_: (
            given[0]
            if given and (inspect.isfunction(given[0]) or inspect.isclass(given[0]))
            else lambda made: made
        )


class _Patch:
    """`monkeypatch`: what was there comes back afterwards."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.stack = stack

    def setattr(self, target: Any, name: Any, value: Any = _REST, raising: bool = True) -> None:
        from unittest import mock

        if value is _REST:
            self.stack.enter_context(mock.patch(target, name))
        else:
            self.stack.enter_context(mock.patch.object(target, name, value, create=not raising))

    def delattr(self, target: Any, name: str, raising: bool = True) -> None:
        if hasattr(target, name):
            self.stack.callback(setattr, target, name, getattr(target, name))
            delattr(target, name)

    def setitem(self, mapping: Any, name: Any, value: Any) -> None:
        from unittest import mock

        self.stack.enter_context(mock.patch.dict(mapping, {name: value}))

    def delitem(self, mapping: Any, name: Any, raising: bool = True) -> None:
        from unittest import mock

        self.stack.enter_context(mock.patch.dict(mapping))
        mapping.pop(name) if raising else mapping.pop(name, None)

    def setenv(self, name: str, value: Any, prepend: Any = None) -> None:
        import os

        self.setitem(os.environ, name, str(value))

    def delenv(self, name: str, raising: bool = True) -> None:
        import os

        self.delitem(os.environ, name, raising)

    def chdir(self, path: Any) -> None:
        import os

        self.stack.callback(os.chdir, os.getcwd())
        os.chdir(path)

    def context(self) -> Any:
        return contextlib.nullcontext(self)


class _Output:
    """`capsys`."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        import io

        self.out, self.err = io.StringIO(), io.StringIO()
        stack.enter_context(contextlib.redirect_stdout(self.out))
        stack.enter_context(contextlib.redirect_stderr(self.err))

    def readouterr(self) -> Any:
        import collections

        texts = []
        for stream in (self.out, self.err):
            texts.append(stream.getvalue())
            stream.seek(0)
            stream.truncate()
        return collections.namedtuple("Captured", "out err")(*texts)


class _Request:
    def __init__(self, param: Any, stack: contextlib.ExitStack) -> None:
        self.param, self.addfinalizer = param, stack.callback


def _wanted(function: Any) -> list[str]:
    given = inspect.signature(function).parameters.values()
    plain = [
        p.name for p in given if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    return [name for name in plain if name not in ("self", "cls")]


class _Run:
    """One call of a test: its fixtures, each made once, and what has to be undone."""

    def __init__(
        self, known: dict[str, _Fixture], case: dict[str, Any], owner: Any, stack: contextlib.ExitStack
    ) -> None:
        self.known, self.case, self.owner, self.stack = known, case, owner, stack
        self.made: dict[str, Any] = {}

    def value(self, name: str) -> Any:
        if name in self.case:
            return self.case[name]
        if name not in self.made:
            self.made[name] = self._built_in(name) if name not in self.known else self._of(self.known[name])
        return self.made[name]

    def _of(self, fixture: _Fixture) -> Any:
        request = _Request(self.case.get(f"param of {fixture.name}"), self.stack)
        given = {n: request if n == "request" else self.value(n) for n in _wanted(fixture.function)}
        first = next(iter(inspect.signature(fixture.function).parameters), "")
        made = fixture.function(self.owner, **given) if first == "self" else fixture.function(**given)
        if inspect.isgenerator(made):
            value = next(made)
            self.stack.callback(next, made, None)
            return value
        return _awaited(made)

    def _built_in(self, name: str) -> Any:
        if name == "tmp_path":
            import pathlib
            import tempfile

            return pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        if name in ("monkeypatch", "capsys"):
            return (_Patch if name == "monkeypatch" else _Output)(self.stack)
        if name == "request":
            return _Request(None, self.stack)
        raise LookupError(f"fixture {name!r} not found")


def _awaited(made: Any) -> Any:
    if inspect.iscoroutine(made):
        import asyncio

        return asyncio.run(made)
    return made


def run_test(name: str, namespace: dict[str, Any], owner: str = "") -> None:
    """Run one test as pytest would: each of its cases, with its fixtures.

    Args:
        name: Of the function.
        namespace: Of the module that holds it and the fixtures.
        owner: Its class; none for a function.
    """
    kind = namespace[owner] if owner else None
    test = getattr(kind, name) if owner else namespace[name]
    known = {v.name: v for v in namespace.values() if isinstance(v, _Fixture)}
    known |= {
        v.name: v
        for base in (kind.__mro__ if kind else ())
        for v in vars(base).values()
        if isinstance(v, _Fixture)
    }
    auto = [fixture.name for fixture in known.values() if fixture.autouse]
    uses = [*auto, *getattr(kind, "_uses", ()), *getattr(test, "_uses", ())]
    needed = [*uses, *_wanted(test)]
    for each in needed:
        needed += [n for n in (_wanted(known[each].function) if each in known else ()) if n not in needed]
    rows = [*getattr(kind, "_rows", []), *getattr(test, "_rows", [])]
    for each in dict.fromkeys(needed):
        if each in known and known[each].params is not None:
            params = known[each].params
            rows.append([{f"param of {each}": p.values[0] if isinstance(p, _Param) else p} for p in params])
    for parts in itertools.product(*rows):
        case = {key: value for part in parts for key, value in part.items()}
        with contextlib.ExitStack() as stack:
            instance = kind() if kind else None
            run = _Run(known, case, instance, stack)
            _set_up(namespace, instance, stack)
            for each in uses:
                run.value(each)
            given = {each: run.value(each) for each in _wanted(test)}
            _awaited((getattr(instance, name) if instance else test)(**given))


def _set_up(namespace: dict[str, Any], instance: Any, stack: contextlib.ExitStack) -> None:
    """The older hooks, `setup_method` and its like, and what undoes them."""
    places = [(namespace, "module"), (namespace, "function")] if instance is None else [(namespace, "module")]
    found = [(place.get(f"setup_{what}"), place.get(f"teardown_{what}")) for place, what in places]
    if instance is not None:
        found += [
            (getattr(instance, f"setup_{what}", None), getattr(instance, f"teardown_{what}", None))
            for what in ("class", "method")
        ]
    for before, after in found:
        for hook, now in ((before, True), (after, False)):
            if hook is not None:
                call = (lambda h=hook: h(None)) if len(inspect.signature(hook).parameters) else hook
                call() if now else stack.callback(call)


def _fail(reason: str = "", **_: Any) -> None:
    raise AssertionError(reason)


class _Pytest:
    """The names of the module that tests use."""

    fixture, approx, param, mark = staticmethod(_fixture), _Approx, _Param, _Marks()
    fail, warns = staticmethod(_fail), _Warns

    @staticmethod
    def raises(kind: Any, *call: Any, match: str | None = None, **given: Any) -> Any:
        caught = _Raises(kind, match)
        if not call:
            return caught
        with caught:
            call[0](*call[1:], **given)
        return caught


pytest = _Pytest()
