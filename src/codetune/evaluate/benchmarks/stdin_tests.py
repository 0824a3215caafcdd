"""Problems whose programs read and print: CodeContests, LiveCodeBench, and files of your own.

An item's `tests` are JSON here: `{"cases": [[stdin, stdout], ...]}` for whole programs, or
`{"calls": [[[argument, ...], result], ...], "entry": name}` for functions. What a program should
print never enters the box; what a function should return does, unless test isolation is strict.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from codetune.execution.protocol import Case, Limits, Program
from codetune.records import Problem

__all__ = ["as_calls", "as_cases", "contest_program", "contest_request"]

_CALLS = """
import json as _json
_calls = _json.loads({calls!r})
_candidate = {entry} if {entry!r} in globals() else Solution().{entry}

def _same(out, wanted):
    if isinstance(out, tuple):
        out = list(out)
    if isinstance(wanted, list) and isinstance(out, list):
        return len(out) == len(wanted) and all(_same(a, b) for a, b in zip(out, wanted))
    return out == wanted

def _check(candidate):
    for _number, (_args, _wanted) in enumerate(_calls):
        assert _same(candidate(*_args), _wanted), f"call {{_number}}"

_check(_candidate)
"""


def as_cases(cases: Iterable[tuple[str, str]]) -> str:
    """Tests of a program: what it is given and what it should print."""
    return json.dumps({"cases": [list(case) for case in cases]}, ensure_ascii=False)


def as_calls(entry: str, calls: Iterable[tuple[list[Any], Any]]) -> str:
    """Tests of a function: arguments and the result."""
    return json.dumps({"entry": entry, "calls": [list(call) for call in calls]}, ensure_ascii=False)


def contest_request(statement: str, starter: str = "") -> str:
    """What is asked of a model."""
    if starter.strip():
        return (
            f"{statement.strip()}\n\nSolve this in Python. Your program begins with:\n\n"
            f"```python\n{starter.strip()}\n```\n\nAnswer with the whole program in one code block."
        )
    return (
        f"{statement.strip()}\n\nSolve this with a Python program that reads from standard input and "
        "prints to standard output. Answer with the whole program in one code block."
    )


def contest_program(problem: Problem, solution: str, limits: Limits) -> Program:
    """What is executed for an answer."""
    tests = json.loads(problem.tests)
    if "cases" in tests:
        return Program(
            id=problem.task_id,
            code=solution,
            language=problem.programming_language,
            cases=tuple(Case(stdin=given, expected_stdout=wanted) for given, wanted in tests["cases"]),
            comparison="tokens",
            limits=limits,
        )
    return Program(
        id=problem.task_id,
        code=solution,
        tests=_CALLS.format(calls=json.dumps(tests["calls"]), entry=tests["entry"]),
        language=problem.programming_language,
        limits=limits,
    )
