"""Tests whose expected values are what a solution that is known to be right returns.

    calls that a model thought of ─▶ run with the solution ─▶ what each returned ─▶ `assert call == value`

A small model can think of inputs but not work out the results. The recorded values say what the given
solution does, which is not always what it should do.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence

from codetune.synth.python.free_names import python_needs
from codetune.synth.python.literals import literal_of

__all__ = ["call_pattern", "calls_fault", "recorder", "tests_of"]

_MARK = "recorded value "
_ANYTHING = r'[^;#"\\]'
_LONGEST = 200
"""Characters of a value; a longer one is no test that anybody reads."""


def call_pattern(code: str, entry_point: str) -> str:
    """A regular expression of calls with as many literals as the function needs, of kinds that it can use.

    Args:
        code: The solution; it parses.
        entry_point: A function at its top.
    """
    (*_, function) = (
        node
        for node in ast.parse(code).body
        if isinstance(node, ast.FunctionDef) and node.name == entry_point
    )
    needs = python_needs(ast.unparse(function), entry_point)
    if needs is None:
        return rf"{entry_point}\({_ANYTHING}{{0,60}}\)"
    arguments = [
        (f"{name}=" if need.keyword else "") + literal_of(need.kinds)
        for name, need in needs.arguments.items()
    ]
    return rf"{entry_point}\(" + ", ".join(arguments) + r"\)"


def calls_fault(calls: Sequence[str], entry_point: str) -> tuple[str, str] | None:
    """What is wrong with the calls, as (reason, detail), or None: each has to be one call of the function."""
    for call in calls:
        try:
            node = ast.parse(call, mode="eval").body
        except (SyntaxError, ValueError):
            return "calls do not parse", f"{call!r} is not valid Python"
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == entry_point
        ):
            return "not a call", f"{call!r} is not a call of {entry_point}"
    return None


def recorder(code: str, calls: Sequence[str]) -> str:
    """A program that prints what each call returns, or why it doesn't.

    Args:
        code: The solution.
        calls: Python expressions.
    """
    lines = [code.rstrip("\n"), ""]
    for number, call in enumerate(calls):
        lines += [
            "try:",
            f"    _value = {call}",
            f"    print('\\n{_MARK}{number} ' + __import__('json').dumps(['value', repr(_value)]))",
            "except Exception as _error:",
            f"    print('\\n{_MARK}{number} ' + __import__('json').dumps("
            "['error', type(_error).__name__ + ': ' + str(_error)]))",
        ]
    return "\n".join(lines) + "\n"


def tests_of(printed: str, calls: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tests from what `recorder`'s program printed.

    Args:
        printed: Its stdout.
        calls: As given to `recorder`.

    Returns:
        One assert for each call that returned a value that Python can read back, and for each other
        call why it makes no test.
    """
    recorded: dict[int, tuple[str, str]] = {}
    for line in printed.splitlines():
        if not line.startswith(_MARK):
            continue
        which, _, rest = line.removeprefix(_MARK).partition(" ")
        try:
            kind, text = json.loads(rest)
            recorded.setdefault(int(which), (str(kind), str(text)))
        except (ValueError, TypeError):
            continue
    tests: list[str] = []
    useless: list[str] = []
    for number, call in enumerate(calls):
        kind, said = recorded.get(number, ("error", "nothing came back"))
        if kind == "error":
            useless.append(f"{call}: {said}")
        elif (why := _unreadable(said)) is not None:
            useless.append(f"{call}: {why}")
        else:
            tests.append(f"assert {call} == {said}")
    return tests, useless


def _unreadable(text: str) -> str | None:
    if len(text) > _LONGEST:
        return f"a value of {len(text):,} characters"
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return f"{text} can't be written down"
    if value is None or value != value:
        return f"{text} tells nothing"
    return None
