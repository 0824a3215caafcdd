"""A score counts what is about the programs, and there is none where too much is not."""

from __future__ import annotations

import pytest

from codetune.errors import ExecutionError
from codetune.evaluate.scoring.count_samples import count_samples
from codetune.evaluate.scoring.run_samples import SampleResult
from codetune.records import Problem, Verdict


def rows(*verdicts: Verdict) -> list[SampleResult]:
    return [SampleResult(f"X/{n}", 0, "", "", "", v, v, 0.0, 0.0) for n, v in enumerate(verdicts)]


def problems(count: int) -> list[Problem]:
    return [
        Problem(benchmark="humaneval", task_id=f"X/{n}", prompt=str(n), tests="pass") for n in range(count)
    ]


def test_one_percent_of_harness_errors_is_left_out_by_name() -> None:
    score = count_samples(rows(*[Verdict.PASS] * 99, Verdict.HARNESS_ERROR), problems(100), k=(1,))
    assert (score.problems, score.passed, score.missing) == (99, 99, ("X/99",))


@pytest.mark.parametrize(("good", "bad"), [(98, 2), (0, 1), (16, 148)])
def test_more_of_them_make_no_rate_and_exit_code_1(good: int, bad: int) -> None:
    found = rows(*[Verdict.PASS] * good, *[Verdict.HARNESS_ERROR] * bad)
    with pytest.raises(ExecutionError, match=f"{bad} of {good + bad} samples") as caught:
        count_samples(found, problems(good + bad), k=(1,))
    assert caught.value.exit_code == 1
