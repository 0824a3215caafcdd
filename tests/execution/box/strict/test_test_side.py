"""The strict judge: same verdicts as the standard one for honest programs, and what it can't send it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codetune.execution.host.probe import probe
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor, Limits, Program
from codetune.records import Verdict

LIMITS = Limits(cpu_seconds=1, wall_seconds=4)


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
            ("fills the judge", "def f(x): return [[] for _ in range(10**6)]", "k = [f(n) for n in range(99)]\nassert 0"),
            ("one huge answer", "def f(x): return [0] * 10**8", "assert f(1) == 2"),
            ("breaks the compiler", "import builtins\nbuiltins.compile = None\ndef f(x): return 1", "assert f(1) == 2"),
        )
    ]  # fmt: skip
    for execution in executor.run(programs):
        assert execution.verdict is not Verdict.PASS
        assert execution.verdict.is_about_the_program, f"{execution.id}: {execution.detail}"
