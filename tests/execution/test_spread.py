"""Through an engine's worker processes the verdicts and their order are the same."""

from __future__ import annotations

import pytest

from codetune.engine.local import LocalEngine
from codetune.execution.probe import probe
from codetune.execution.protocol import Program
from codetune.execution.spread import SpreadExecutor
from codetune.records import Verdict


def test_an_engines_processes_give_the_same_verdicts_in_order() -> None:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    programs = [
        Program(id=str(n), code="def f(x): return x", tests=f"assert f({n}) == {n if n % 3 else n + 1}")
        for n in range(150)
    ]
    with LocalEngine(workers=2) as engine:
        executions = list(SpreadExecutor(engine).run(programs))
    assert [e.id for e in executions] == [p.id for p in programs]
    assert [e.verdict for e in executions] == [Verdict.PASS if n % 3 else Verdict.WRONG for n in range(150)]
