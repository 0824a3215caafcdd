"""Through an engine's worker processes the verdicts and their order are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.engine.local import LocalEngine
from codetune.execution.engine_executor import SpreadExecutor
from codetune.execution.host.probe import probe
from codetune.execution.protocol import Program
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


def test_what_the_cache_knows_is_sent_nowhere(tmp_path: Path) -> None:
    if probe().tier == "none":
        pytest.skip("this machine allows no sandbox")
    programs = [
        Program(id=str(n), code="def f(x): return x", tests=f"assert f({n}) == {n if n % 3 else n + 1}")
        for n in range(150)
    ]
    sent: list[int] = []

    class Counting(LocalEngine):
        def map(self, function, shards):  # type: ignore[no-untyped-def]
            def counted():  # type: ignore[no-untyped-def]
                for shard in shards:
                    sent.append(len(shard))
                    yield shard

            return super().map(function, counted())

    with Counting(workers=1) as engine:
        with SpreadExecutor(engine, cache=tmp_path / "v.sqlite") as executor:
            first = list(executor.run(programs[::2]))
        assert sum(sent) == 75
        with SpreadExecutor(engine, cache=tmp_path / "v.sqlite") as executor:
            every = list(executor.run(programs))
    assert sum(sent) == 150
    assert [e.id for e in every] == [p.id for p in programs]
    assert [e.verdict for e in every] == [Verdict.PASS if n % 3 else Verdict.WRONG for n in range(150)]
    assert [e.verdict for e in first] == [e.verdict for e in every[::2]]
