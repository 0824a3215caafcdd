"""Runs inside the sandbox: executes a program, then compares one of its functions with another solution.

Each call that the program makes of the function is repeated with the other solution, on copies of the
same arguments. This file's text is put before a call of `compare`, so it imports the standard library alone.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import itertools
import json
import math
import os
import sys
import types
from typing import Any

__all__ = ["compare"]

_MOST_CALLS = 20
_MOST_ITEMS = 1000


class _Recorder:
    """Wraps the function: keeps the arguments and the result of its outermost calls."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.depth = 0
        self.calls: list[tuple[Any, Any]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.depth or len(self.calls) >= _MOST_CALLS:
            return self.function(*args, **kwargs)
        try:
            before = copy.deepcopy((args, kwargs))
        except Exception:
            return self.function(*args, **kwargs)
        self.depth += 1
        try:
            result = self.function(*args, **kwargs)
            if isinstance(result, types.GeneratorType):
                result = _List(itertools.islice(result, _MOST_ITEMS))
        finally:
            self.depth -= 1
        self.calls.append((before, copy.deepcopy(_outcome(result, args, kwargs))))
        return iter(result) if isinstance(result, _List) else result


class _List(list[Any]):
    """What a generator gave."""


def _outcome(result: Any, args: Any, kwargs: Any) -> Any:
    """The result, or what became of the arguments where there is none."""
    if isinstance(result, types.GeneratorType | map | filter | zip | range):
        result = list(itertools.islice(result, _MOST_ITEMS))
    return (list(args), kwargs) if result is None else result


def compare(source: str, line: int, other: str, name: str, mark: str) -> None:
    """Run a program as `__main__`, then print `mark` and a JSON object.

    Args:
        source: The program; it parses.
        line: Line of the function definition in it.
        other: Code of the other solution; it parses.
        name: Of the function; where the other solution has none of this name, its last function counts.
        mark: Printed before the report, on the same line.
    """
    tree = ast.parse(source)
    target = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.lineno == line)
    target.decorator_list.insert(0, ast.Name("__codetune_record__", ast.Load()))
    recorders: list[_Recorder] = []
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module

    def record(function: Any) -> _Recorder:
        recorders.append(_Recorder(function))
        return recorders[-1]

    module.__dict__["__codetune_record__"] = record
    with contextlib.suppress(SystemExit):
        exec(_compiled(tree), module.__dict__)
    report: dict[str, Any] = {"compared": 0, "agreed": 0, "first": ""}
    namespace = types.ModuleType("solution").__dict__
    function = None
    try:
        parsed = ast.parse(other)
        exec(_compiled(parsed), namespace)
        names = [node.name for node in parsed.body if isinstance(node, ast.FunctionDef)]
        function = namespace.get(name) or (namespace[names[-1]] if names else None)
    except BaseException as error:
        report["first"] = f"the solution fails: {type(error).__name__}: {error}"
    for (args, kwargs), wanted in [call for recorder in recorders for call in recorder.calls]:
        report["compared"] += 1
        shown = f"{name}({', '.join(map(_short, args))})"
        try:
            if function is None:
                continue
            found = _outcome(function(*args, **kwargs), args, kwargs)
            same = _equal(found, wanted)
        except Exception as error:
            found, same = f"{type(error).__name__}: {error}", False
        report["agreed"] += same
        if not same and not report["first"]:
            report["first"] = f"{shown} is {_short(wanted)}, by the statement {_short(found)}"
    sys.stdout.flush()
    os.write(1, f"\n{mark}{json.dumps(report)}\n".encode())


def _compiled(tree: ast.Module) -> types.CodeType:
    return compile(ast.fix_missing_locations(tree), "program.py", "exec", dont_inherit=True)


def _short(value: object) -> str:
    try:
        return repr(value)[:120]
    except Exception:
        return type(value).__name__


def _equal(one: object, other: object) -> bool:
    """Equality, with room for rounding; lists and tuples count as equal, and so do a value and its truth."""
    if isinstance(one, float | int | complex) and isinstance(other, float | int | complex):
        if isinstance(one, complex) or isinstance(other, complex):
            return bool(abs(one - other) < 1e-6)
        return bool(
            one == other
            or math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
            or (one != one and other != other)
        )
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if type(one).__eq__ is object.__eq__ and type(one).__name__ == type(other).__name__:
        return _equal(vars(one), vars(other)) if hasattr(one, "__dict__") else True
    return bool(one == other)
