from __future__ import annotations

import json
import subprocess
import sys

import pytest

from codetune.synth.checks.program_evidence import harness_program


def compared(program: str, other: str, name: str = "f") -> dict:
    text, mark = harness_program(
        "agreement_harness", "a", f"compare({program!r}, 1, {other!r}, {name!r}, MARK)"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True)
    assert mark in ran.stdout, ran.stderr
    return json.loads(ran.stdout.rpartition(mark)[2])


@pytest.mark.parametrize(
    ("program", "other", "agreed"),
    [
        ("def f(a):\n    return [x * 2 for x in a]\nf([1, 2]); f([])", "def f(x):\n    return tuple(2 * i for i in x)", (2, 2)),
        ("def f(a):\n    for x in a:\n        yield x\nlist(f([1, 2])); f([])", "def f(x):\n    return sorted(x)[:1]", (1, 2)),
        ("def f(a):\n    a.append(1)\nf([1])", "def g(x):\n    x += [1]", (1, 1)),
        ("def f(a):\n    a.append(1)\nf([1])", "def g(x):\n    pass", (0, 1)),
        ("def f(a):\n    return a / 3\nf(1)", "def f(a):\n    return a * (1 / 3)", (1, 1)),
        ("def f(n):\n    return n * f(n - 1) if n else 1\nf(5)", "import math\ndef f(n):\n    return math.factorial(n)", (1, 1)),
        ("def f(a):\n    return a\nf(1); f(2)", "raise ValueError('no')", (0, 2)),
        ("def f(a):\n    return a\nf(1)", "def f(a, b):\n    return a", (0, 1)),
        ("def f(a):\n    raise KeyError(a)\ntry:\n    f(1)\nexcept KeyError:\n    pass", "def f(a):\n    return a", (0, 0)),
    ],
)  # fmt: skip
def test_behaviour_is_compared_on_the_programs_own_calls(
    program: str, other: str, agreed: tuple[int, int]
) -> None:
    report = compared(program, other)
    assert (report["agreed"], report["compared"]) == agreed, report


def test_the_first_difference_is_told() -> None:
    report = compared("def f(a):\n    return a + 1\nf(2)", "def f(a):\n    return a - 1")
    assert report["first"] == "f(2) is 3, by the statement 1"
