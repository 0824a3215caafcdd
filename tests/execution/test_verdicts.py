"""From evidence to verdict: nothing that a program wrote raises, and nothing it wrote leaves the rates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.execution.box.process.python_program import FAILURES
from codetune.execution.protocol import Program
from codetune.execution.verdicts import read_verdict
from codetune.records import Verdict

PROGRAM = Program(id="x", code="pass", tests="pass")
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def verdict_of(evidence: dict[str, Any]) -> Verdict:
    return read_verdict(PROGRAM, evidence, b"", b"", tier="none").verdict


@given(PLAIN)
def test_no_report_raises(report: object) -> None:
    for evidence in (
        {"report": report, "status": 256},
        {"status": 256, "tests": {"report": report, "status": 0}},
        {"status": 0, "report": {"kind": report, "detail": report}},
    ):
        assert verdict_of(evidence).is_about_the_program


@pytest.mark.parametrize("kind", sorted(FAILURES))
def test_no_failure_a_program_names_of_itself_leaves_the_rates(kind: str) -> None:
    found = verdict_of({"report": {"kind": kind, "detail": "x"}, "status": 256})
    assert found.is_about_the_program and found is not Verdict.PASS
    strict = {"report": {"kind": kind, "detail": "x"}, "status": 256, "tests": {"report": {"kind": "lost"}}}
    found = verdict_of(strict)
    assert found.is_about_the_program and found is not Verdict.PASS


def test_only_our_own_side_makes_a_harness_error() -> None:
    assert verdict_of({"broken": "no memory"}) is Verdict.HARNESS_ERROR
    assert verdict_of({"status": 0, "tests": {"broken": "no memory"}}) is Verdict.HARNESS_ERROR
    assert verdict_of({"status": 0, "tests": {"report": {"kind": "tests-compile"}}}) is Verdict.HARNESS_ERROR
    assert verdict_of({"status": 0, "tests": {"status": 11}}) is Verdict.RUNTIME


def test_the_kernels_count_decides_between_a_limit_and_words() -> None:
    said = {"report": {"kind": "processes", "detail": "can't start new thread"}, "status": 256}
    assert verdict_of({**said, "process_limit_hit": False}) is Verdict.RUNTIME
    assert verdict_of({**said, "process_limit_hit": True}) is Verdict.PIDS
    assert verdict_of({"stopped": "cpu", "status": 9, "process_limit_hit": True}) is Verdict.PIDS
    assert verdict_of({"stopped": "cpu", "status": 9, "oom_killed": True}) is Verdict.OOM
