"""A program's claim that its tests don't compile starts a run of the tests alone, and decides nothing."""

from __future__ import annotations

import pytest

from codetune.execution.host.job import Job, JobResult
from codetune.execution.host.python_jobs import python_job
from codetune.execution.protocol import Program
from codetune.execution.verdicts import read_verdict
from codetune.records import Verdict

PROGRAM = Program(id="x", code="def f(x): return 1", tests="assert f(1) == 2")
CLAIM = {"report": {"kind": "tests-compile", "detail": "x"}, "status": 256}


@pytest.mark.parametrize(
    ("checked", "verdict"),
    [
        ({"report": {"kind": "end", "detail": ""}}, Verdict.RUNTIME),
        ({"report": None}, Verdict.RUNTIME),
        ({"report": {"kind": "tests-compile", "detail": "SyntaxError"}}, Verdict.HARNESS_ERROR),
    ],
)
def test_the_run_of_the_tests_alone_decides(checked: dict[str, object], verdict: Verdict) -> None:
    job = python_job(PROGRAM)
    assert job.then is not None
    check = job.then(JobResult(dict(CLAIM)))
    assert isinstance(check, Job) and b'"role": "check"' in check.frame and b"def f" not in check.frame
    assert check.then is not None
    result = check.then(JobResult(dict(checked)))
    assert isinstance(result, JobResult)
    assert read_verdict(PROGRAM, result.evidence, b"", b"", tier="none").verdict is verdict


def test_any_other_result_is_taken_as_it_is() -> None:
    job = python_job(PROGRAM)
    result = JobResult({"report": {"kind": ["tests-compile"]}, "status": 0})
    assert job.then is not None and job.then(result) is result
