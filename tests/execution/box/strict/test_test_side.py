"""Strict isolation: the verdicts of honest programs are right, and answers are taken apart with care."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from codetune.execution.box.strict.channel import Channel, ChannelClosed
from codetune.execution.box.strict.test_side import bind_names
from codetune.execution.host.probe import probe
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Verdict

LIMITS = Limits(cpu_seconds=1, wall_seconds=60)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    with open_executor(2, test_isolation="strict") as opened:
        yield opened


CASES = {
    "plain data": (
        "def f(x): return [x, (1, 2), {'a': {1}}, float('nan')]",
        "r = f(1)\nassert r[:3] == [1, (1, 2), {'a': {1}}] and r[3] != r[3]",
        Verdict.PASS,
        "strict",
    ),
    "wrong": ("def f(x): return x", "assert f(1) == 2", Verdict.WRONG, "strict"),
    "changes its argument": (
        "def f(x): x.append(1); x[0].append(2)",
        "l = [[]]\ninner = l[0]\nf(l)\nassert l == [[2], 1] and inner is l[0]",
        Verdict.PASS,
        "strict",
    ),
    "its own classes": (
        "class Pair:\n    def __init__(s, a, b): s.a = a; s.b = b\n    def total(s): return s.a + s.b\n"
        "def f(pairs): return sum(p.a * p.b for p in pairs)",
        "assert f([Pair(1, 2), Pair(3, 4)]) == 14\nassert Pair(1, 2).a == 1 and Pair(1, 2).total() == 3",
        Verdict.PASS,
        "strict",
    ),
    "an exception the tests expect": (
        "def f(x): raise ValueError('no')",
        "try: f(1)\nexcept ValueError as e: assert str(e) == 'no'\nelse: assert False",
        Verdict.PASS,
        "strict",
    ),
    "an exception they don't": ("def f(x): return 1 / 0", "assert f(1)", Verdict.RUNTIME, "strict"),
    "one's own sum": ("def sum(a, b): return a - b", "assert sum(3, 1) == 2", Verdict.PASS, "strict"),
    "somebody else's all": (
        "def all(x): return True\ndef f(x): return False",
        "assert all([f(1)])",
        Verdict.WRONG,
        "strict",
    ),
    "what it prints": (
        "def f(x): print('hi')",
        "import io, contextlib\nb = io.StringIO()\nwith contextlib.redirect_stdout(b): f(1)\n"
        "assert b.getvalue() == 'hi\\n'",
        Verdict.PASS,
        "strict",
    ),
    "a module the code imported": (
        "import math\ndef f(x): return math.pi",
        "assert math.fabs(f(1) - math.pi) < 1e-9",
        Verdict.PASS,
        "strict",
    ),
    "a lambda as an argument": (
        "def f(g): return g(2)",
        "assert f(lambda x: x * 2) == 4",
        Verdict.RUNTIME,
        "strict",
    ),
    "leaves": ("import sys\ndef f(x): sys.exit(0)", "assert f(1) == 1", Verdict.EARLY_EXIT, "strict"),
    "spins": ("def f(x):\n    while True: pass", "assert f(1) == 1", Verdict.CPU_TLE, "strict"),
    "doesn't compile": ("def f(x:", "assert f(1) == 1", Verdict.COMPILE, "strict"),
    "fails at import": ("1 / 0", "assert f(1) == 1", Verdict.RUNTIME, "strict"),
    "tests that don't compile": ("def f(x): return x", "assert (", Verdict.HARNESS_ERROR, "strict"),
}


@pytest.mark.parametrize("name", CASES)
def test_verdict_and_integrity(executor: Executor, name: str) -> None:
    code, tests, verdict, integrity = CASES[name]
    (execution,) = executor.run([Program(id=name, code=code, tests=tests, limits=LIMITS)])
    assert (execution.verdict, execution.integrity) == (verdict, integrity), execution


def test_output_is_compared_outside_anyway(executor: Executor) -> None:
    program = Program(id="", code="print(input())", stdin="a", expected_stdout="a", limits=LIMITS)
    (execution,) = executor.run([program])
    assert (execution.verdict, execution.integrity) == (Verdict.PASS, "strict")


def test_no_program_is_excused_by_what_it_does_to_us(executor: Executor) -> None:
    """HARNESS_ERROR leaves the denominator: whoever can cause it chooses its own score."""
    limits = Limits(cpu_seconds=2, wall_seconds=20, memory_bytes=192 << 20)
    programs = [
        Program(id=name, code=code, tests=tests, limits=limits)
        for name, code, tests in (
            ("fills the test side", "def f(x): return [[] for _ in range(10**6)]", "k = [f(n) for n in range(99)]\nassert 0"),
            ("one huge answer", "def f(x): return [0] * 10**8", "assert f(1) == 2"),
            ("breaks the compiler", "import builtins\nbuiltins.compile = None\ndef f(x): return 1", "assert f(1) == 2"),
        )
    ]  # fmt: skip
    for execution in executor.run(programs):
        assert execution.verdict is not Verdict.PASS
        assert execution.verdict.is_about_the_program, f"{execution.id}: {execution.detail}"


# What the program writes in place of an honest answer, after it said that it is ready.
ANSWERS = {
    "no array": b'{"a": 1}',
    "too short": b'["", "value"]',
    "printed is no text": b'[1, "value", 2, null]',
    "kind is no text": b'["", ["value"], 2, null]',
    "an unknown kind": b'["", "module", "os"]',
    "a callable where a value was asked for": b'["", "callable", null]',
    "a malformed value": b'["", "value", ["N", "Fraction", "1e99999999"], null]',
    "changes of another length": b'["", "value", 2, ["l", [1, 2, 3]]]',
    "changes that are no list": b'["", "value", 2, 5]',
    "an error without kinds": b'["", "error", "AssertionError", ""]',
}


def connected(*messages: bytes) -> tuple[int, int]:
    """Our end of a channel whose other end has written these messages, and that other end."""
    ours, theirs = socket.socketpair()
    for text in messages:
        theirs.sendall(len(text).to_bytes(4, "big") + text)
    return ours.detach(), theirs.detach()


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_none_closes_the_channel(name: str) -> None:
    ours, theirs = connected(b'["ready"]', b'["", "callable", null]', ANSWERS[name])
    tests = b"f(1)"
    try:
        found = bind_names(compile(tests, "t", "exec"), tests, b"def f(x): pass", ours)
        with pytest.raises(ChannelClosed):
            found["f"](1)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("first", [b'["go"]', b'["ready", 1]', b"[]"])
def test_nothing_begins_before_the_program_is_ready(first: bytes) -> None:
    ours, theirs = connected(first)
    try:
        with pytest.raises(ChannelClosed):
            bind_names(compile("f(1)", "t", "exec"), b"f(1)", b"def f(x): pass", ours)
    finally:
        os.close(ours)
        os.close(theirs)


def test_only_names_of_tests_and_program_are_asked_for() -> None:
    tests = b"import math\nassert abs(f(1) - g) < math.pi and all([h])"
    program = b"import math, json\ndef abs(x): pass\ndef all(x): pass\ndef f(x): pass\ndef unused(): pass"
    ours, theirs = connected(b'["ready"]', b'["", "callable", null]')
    try:
        found = bind_names(compile(tests, "t", "exec"), tests, program, ours)
        assert set(found) == {"f", "math"}
        asked = Channel(theirs).receive()
    finally:
        os.close(ours)
        os.close(theirs)
    assert asked == ["name", "f"]


def test_an_error_is_raised_as_the_nearest_builtin_kind_and_never_as_an_exit() -> None:
    kinds = b'["", "error", ["Mine", "SystemExit", "KeyboardInterrupt", "KeyError", "Exception"], "no"]'
    ours, theirs = connected(b'["ready"]', b'["", "callable", null]', kinds)
    try:
        found = bind_names(compile("f(1)", "t", "exec"), b"f(1)", b"def f(x): pass", ours)
        with pytest.raises(KeyError, match="no"):
            found["f"](1)
    finally:
        os.close(ours)
        os.close(theirs)
