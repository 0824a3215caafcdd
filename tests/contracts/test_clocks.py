"""No test asserts on a clock: a busy machine is slower, and the test would fail for it."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]

CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "time", "time_ns"}
ALLOWED = {
    "synth/conftest.py": "notes when requests came, for a rate limit that has to take at least so long",
}
"""A lower bound holds on any machine; a clock that a test sets itself is no clock of the machine."""


def clocks_in(source: str) -> list[int]:
    """Lines that read a clock of the module `time`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "time":
                found.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            found += [node.lineno for alias in node.names if alias.name in CLOCKS]
    return found


def test_no_test_looks_at_a_clock() -> None:
    found = {
        str(path.relative_to(TESTS)): lines
        for path in sorted(TESTS.rglob("*.py"))
        if (lines := clocks_in(path.read_text("utf-8")))
    }
    assert {name: lines for name, lines in found.items() if name not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found), "an exception that is not needed any more"


def test_a_clock_is_found() -> None:
    source = "import time\nfrom time import perf_counter\nbegan = time.monotonic()\ntime.sleep(1)\ndatetime.time(1)\n"
    assert sorted(clocks_in(source)) == [2, 3]
