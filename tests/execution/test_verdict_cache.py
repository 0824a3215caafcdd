"""The verdict cache: hits only under the same conditions, forgets what is uncertain, survives damage aloud."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from codetune.errors import DataError
from codetune.execution.open import open_executor
from codetune.execution.protocol import Execution, Limits, Program
from codetune.execution.verdict_cache import VerdictCache
from codetune.records import Verdict

PROGRAM = Program(id="a", code="def f(x): return x", tests="assert f(1) == 1")
EXECUTION = Execution(
    id="a", verdict=Verdict.PASS, cpu_seconds=0.1, wall_seconds=0.2, stdout="\ud800x", tier="none"
)


def test_a_verdict_comes_back_under_the_asking_programs_id(tmp_path: Path) -> None:
    cache = VerdictCache(tmp_path / "v.sqlite", tier="none", test_isolation="standard")
    cache.put(cache.key(PROGRAM), EXECUTION)
    cache.close()
    again = VerdictCache(tmp_path / "v.sqlite", tier="none", test_isolation="standard")
    other = dataclasses.replace(PROGRAM, id="b")
    assert again.get(again.key(other), other) == dataclasses.replace(EXECUTION, id="b")
    again.close()


@pytest.mark.parametrize(
    "change",
    [
        {"code": "def f(x): return x "},
        {"tests": None},
        {"stdin": ""},
        {"expected_stdout": ""},
        {"language": "ruby"},
        {"limits": Limits(cpu_seconds=4)},
        {"attempt": 1},
    ],
)
def test_everything_that_decides_is_in_the_key(tmp_path: Path, change: dict[str, object]) -> None:
    cache = VerdictCache(tmp_path / "v.sqlite", tier="none", test_isolation="standard")
    assert cache.key(PROGRAM) != cache.key(dataclasses.replace(PROGRAM, **change))  # type: ignore[arg-type]
    for tier, isolation in (("namespaces", "standard"), ("none", "strict")):
        other = VerdictCache(tmp_path / "v.sqlite", tier=tier, test_isolation=isolation)
        assert cache.key(PROGRAM) != other.key(PROGRAM)
        other.close()
    cache.close()


@pytest.mark.parametrize("verdict", [Verdict.HARNESS_ERROR, Verdict.SKIPPED, Verdict.WALL_TLE])
def test_what_is_about_us_is_not_remembered(tmp_path: Path, verdict: Verdict) -> None:
    cache = VerdictCache(tmp_path / "v.sqlite", tier="none", test_isolation="standard")
    cache.put("key", dataclasses.replace(EXECUTION, verdict=verdict))
    assert cache.get("key", PROGRAM) is None
    cache.close()


def test_a_damaged_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    path.write_bytes(b"no database at all, but long enough to be read as one" * 100)
    with pytest.raises(DataError, match="remove the file"):
        VerdictCache(path, tier="none", test_isolation="standard")


def test_a_second_run_starts_no_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs = [dataclasses.replace(PROGRAM, id=str(n), code=PROGRAM.code + f"\n# {n}") for n in range(5)]
    with open_executor(1, sandbox=False, cache=tmp_path / "v.sqlite") as first:
        before = list(first.run(programs))
    with open_executor(1, sandbox=False, cache=tmp_path / "v.sqlite") as second:
        after = list(second.run(programs))
        (slot,) = second._pool._slots
        assert slot.jobs_done == 0
    assert before == after


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    cache = VerdictCache(tmp_path / "verdicts.sqlite", tier="namespaces", test_isolation="standard")
    cache._store.execute("PRAGMA max_page_count = 8")  # what a full disk looks like to SQLite
    execution = Execution(
        id="x", verdict=Verdict.PASS, cpu_seconds=0.0, wall_seconds=0.0, stdout="x" * 100_000
    )
    with pytest.raises(DataError, match=r"disk is full.*make room"):
        cache.put("key", execution)
    cache._store.rollback()
    cache.close()
