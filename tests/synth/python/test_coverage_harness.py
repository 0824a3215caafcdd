from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from codetune.synth.checks.program_evidence import harness_program

PROGRAM = '''import functools

@functools.cache
def f(x, y=1):
    """Documentation."""
    if x > 3: return 1
    for i in range(x):
        if i == 2:
            break
    try:
        int(y)
    except ValueError:
        return 7
    while True:
        break
    match x:
        case 1:
            return 5
        case _:
            pass
    return 2

class Box:
    def __init__(self):
        self.size = 2
    def get(self, anything):
        return self.size

'''

PYTHONS = [sys.executable, *filter(None, map(shutil.which, ("python3.12", "python3.13", "python3.14")))]


def report(python: str, program: str, line: int) -> dict:
    text, mark = harness_program("coverage_harness", "a", f"measure({program!r}, {line}, MARK)")
    ran = subprocess.run([python, "-I", "-c", text], capture_output=True, text=True)
    if ran.returncode and "pyenv" in ran.stderr:
        pytest.skip("that Python is only a shim here")
    assert mark in ran.stdout, ran.stderr
    return json.loads(ran.stdout.rpartition(mark)[2])


@pytest.mark.parametrize("python", PYTHONS)
def test_branches_are_counted_alike_by_both_tracers(python: str) -> None:
    found = report(python, PROGRAM + "print(f(1), f(5), f(3))\n", 4)
    assert (found["taken"], found["branches"], found["calls"], found["inputs"]) == (10, 11, 3, 3)
    assert report(python, PROGRAM + "f(5)\n", 4)["taken"] == 1


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    ("use", "calls", "meaningful"),
    [
        ("Box().get(3)", 1, True),
        ("Box().get(None)", 1, True),  # the box itself holds a number
        ("Box", 0, False),
    ],
)
def test_calls_and_their_inputs_are_told(python: str, use: str, calls: int, meaningful: bool) -> None:
    line = PROGRAM.splitlines().index("    def get(self, anything):") + 1
    found = report(python, PROGRAM + use + "\n", line)
    assert (found["calls"], found["meaningful"]) == (calls, meaningful)


@pytest.mark.parametrize("python", PYTHONS)
def test_texts_over_lines_in_a_method_are_no_hindrance(python: str) -> None:
    program = 'class A:\n    def f(self):\n        """One.\n\n    two\n    """\n        return f"""{\n1}\n"""\n\nA().f()\n'
    found = report(python, program, 2)
    assert (found["ended"], found["calls"], found["taken"]) == ("ran", 1, 1)


def test_stand_ins_are_no_inputs() -> None:
    program = "from types import SimpleNamespace\n\n\ndef f(a):\n    a\n\nf(SimpleNamespace(x=1)); f(lambda *a: 1); f(None)\n"
    assert not report(sys.executable, program, 4)["meaningful"]


def test_a_program_that_exits_or_fails_has_a_report_all_the_same() -> None:
    ended = report(sys.executable, "def f(): return 1\nf()\nimport sys; sys.exit(3)\n", 1)
    assert ended["ended"] == "SystemExit: 3" and ended["calls"] == 1
    assert report(sys.executable, "def f(): return 1\nf()\n1 / 0\n", 1)["ended"].startswith(
        "ZeroDivisionError"
    )
