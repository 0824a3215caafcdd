"""Runs inside the sandbox: executes a program and reports which branches of one definition it took.

This file's text is put before a call of `measure`, so it imports the standard library alone and knows
nothing of codetune. Lines are counted by `sys.monitoring` from Python 3.12 on, before by `sys.settrace`.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import types

__all__ = ["measure"]

_BASE = 1_000_000
_KEPT_CALLS = 50


def measure(source: str, line: int, mark: str) -> None:
    """Run a program as `__main__`, then print `mark` and a JSON object.

    Args:
        source: The program; it parses.
        line: Line of the definition that is looked at.
        mark: Printed before the report, on the same line.
    """
    tree = ast.parse(source)
    target = next(n for n in ast.walk(tree) if getattr(n, "lineno", None) == line and hasattr(n, "body"))
    outcomes = _number(target)
    code = compile(tree, "program.py", "exec", dont_inherit=True)
    module = types.ModuleType("__main__")
    module.__dict__["__file__"] = "program.py"
    sys.modules["__main__"] = module
    seen: set[int] = set()
    calls: list[dict[str, object]] = []
    ended = "ran"
    _watch(seen, calls, getattr(target, "name", ""), isinstance(target, ast.ClassDef))
    try:
        exec(code, module.__dict__)
    except SystemExit as error:
        ended = "ran" if not error.code else f"SystemExit: {error.code}"
    except BaseException as error:
        ended = f"{type(error).__name__}: {error}"
    finally:
        _unwatch()
    report = {
        "ended": ended,
        "branches": len(outcomes),
        "taken": len(outcomes & seen),
        "calls": len(calls),
        "inputs": len({str(call["inputs"]) for call in calls}),
        "meaningful": any(call["meaningful"] for call in calls),
    }
    sys.stdout.flush()
    os.write(1, f"\n{mark}{json.dumps(report)}\n".encode())


def _number(target: ast.AST) -> set[int]:
    """Give each statement of the definition a line of its own; returns the first lines of all branches."""
    outcomes: set[int] = set()
    for node in ast.walk(target):
        endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant)
        if isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While) and not node.orelse and not endless:
            node.orelse = [ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)]
    number = _BASE
    queue: list[ast.AST] = [target]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            number += 1
            _set_line(node, number)
        queue.extend(c for c in _statements(node))
    for node in ast.walk(target):
        blocks: list[list[ast.stmt]] = []
        if isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While):
            blocks = [node.body, node.orelse]
        elif isinstance(node, ast.Try):
            blocks = [node.body, *(handler.body for handler in node.handlers)]
        elif isinstance(node, ast.Match):
            blocks = [case.body for case in node.cases]
        outcomes |= {block[0].lineno for block in blocks if block}
    if not outcomes:
        body = list(getattr(target, "body", ()))
        outcomes = {next((s.lineno for s in body if not _is_text(s)), body[-1].lineno)}
    return outcomes


def _statements(node: ast.AST) -> list[ast.AST]:
    return [
        c for c in ast.iter_child_nodes(node) if isinstance(c, ast.stmt | ast.ExceptHandler | ast.match_case)
    ]


def _set_line(node: ast.AST, number: int) -> None:
    """One line for a statement with its expressions, but not for the statements in it."""
    queue = [node]
    while queue:
        part = queue.pop()
        if hasattr(part, "lineno"):
            part.lineno = part.end_lineno = number  # type: ignore[attr-defined]
            # A text over lines may end left of where it began.
            part.col_offset = part.end_col_offset = 0  # type: ignore[attr-defined]
        queue.extend(
            c
            for c in ast.iter_child_nodes(part)
            if not isinstance(c, ast.stmt | ast.ExceptHandler | ast.match_case)
        )


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _note_call(frame: types.FrameType, calls: list[dict[str, object]]) -> None:
    if len(calls) >= _KEPT_CALLS:
        calls.append({"inputs": "", "meaningful": False})
        return
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    more = code.co_flags & 0x0C  # takes *args or **kwargs
    given = {name: frame.f_locals.get(name) for name in names}
    own = given.pop("self", None) or given.pop("cls", None)
    plain = [value for value in given.values() if _means_something(value)]
    held = [value for value in getattr(own, "__dict__", {}).values() if _means_something(value)]
    try:
        inputs = repr(given)[:300]
    except Exception:
        inputs = "?"
    calls.append({"inputs": inputs, "meaningful": bool(plain or held or more or not given)})


def _means_something(value: object) -> bool:
    """Whether a value is data, and not None, a callable or an object that stands in for anything."""
    if value is None or type(value).__name__ in ("Mock", "MagicMock", "NonCallableMock", "SimpleNamespace"):
        return False
    return not isinstance(value, types.FunctionType | types.LambdaType | types.BuiltinFunctionType)


def _watch(seen: set[int], calls: list[dict[str, object]], name: str, is_class: bool) -> None:
    def entered(frame: types.FrameType) -> None:
        if is_class or frame.f_code.co_name == name:
            _note_call(frame, calls)

    if sys.version_info >= (3, 12):
        tool, events = sys.monitoring.COVERAGE_ID, sys.monitoring.events

        def line(code: types.CodeType, number: int) -> object:
            if number >= _BASE:
                seen.add(number)
            return sys.monitoring.DISABLE

        def start(code: types.CodeType, offset: int) -> object:
            if code.co_firstlineno < _BASE:
                return sys.monitoring.DISABLE
            entered(sys._getframe(1))
            return None

        sys.monitoring.use_tool_id(tool, "codetune")
        sys.monitoring.register_callback(tool, events.LINE, line)
        sys.monitoring.register_callback(tool, events.PY_START, start)
        sys.monitoring.set_events(tool, events.LINE | events.PY_START)
        return

    def trace_line(frame: types.FrameType, event: str, arg: object) -> object:
        if event == "line" and frame.f_lineno >= _BASE:
            seen.add(frame.f_lineno)
        return trace_line

    def trace(frame: types.FrameType, event: str, arg: object) -> object:
        if frame.f_code.co_firstlineno < _BASE:
            return None
        if event == "call":
            entered(frame)
        return trace_line

    import threading

    threading.settrace(trace)  # type: ignore[arg-type]
    sys.settrace(trace)  # type: ignore[arg-type]


def _unwatch() -> None:
    if sys.version_info >= (3, 12):
        sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, 0)
        sys.monitoring.free_tool_id(sys.monitoring.COVERAGE_ID)
    else:
        sys.settrace(None)
