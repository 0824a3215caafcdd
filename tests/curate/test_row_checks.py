"""What one row alone is rejected for: the first check that it fails, without repeating a secret."""

from __future__ import annotations

import pytest

from codetune.curate.config import CurateConfig
from codetune.curate.row_checks import check_row, full_text
from codetune.records import Instruction, Problem
from codetune.text.benchmark_index import BenchmarkIndex

SECRET = "ghp_" + "Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7j"
ITEM = Problem(
    task_id="T/1",
    prompt="Write a function that counts how many of the given boxes fit into the larger box at once.\n",
    tests="assert fit([1], 2) == 1",
    canonical_solution="def fit(boxes, size):\n    return sum(box < size for box in boxes)\n",
    entry_point="fit",
    benchmark="t",
)


def row(
    output: str = "def f():\n    return 1\n", instruction: str = "Write f.", **more: object
) -> Instruction:
    given = {"task": "code_generation", "programming_language": "python", "source": "s", **more}
    return Instruction(instruction=instruction, output=output, **given)


def test_the_full_text_is_what_a_model_would_see():
    assert full_text(row("out", "say", input="in")) == "say\nin\nout"
    assert full_text(row("out", "say", input="")) == "say\nout"


def test_a_good_row_passes_every_check():
    assert check_row(CurateConfig(), BenchmarkIndex.build([ITEM]), row()) is None


@pytest.mark.parametrize(
    ("unwanted", "tag"),
    [
        (("no-indentation",), "no-indentation"),
        (("level:advanced",), "level:advanced"),
        (("paradigm",), "paradigm:functional"),
        (("level:beginner", "no"), None),
        ((), None),
    ],
)
def test_a_row_with_an_unwanted_tag_is_rejected_by_it(unwanted, tag):
    tagged = row(tags=("no-indentation", "level:advanced", "paradigm:functional"))
    rejection = check_row(CurateConfig(without_tags=unwanted), None, tagged)
    assert (rejection.reason, rejection.detail) == ("unwanted tag", tag) if tag else rejection is None


def test_code_that_lost_its_indentation_is_rejected_unless_asked_for():
    lost = row(tags=("split:train", "no-indentation"))
    assert check_row(CurateConfig(), None, lost) is not None
    assert check_row(CurateConfig(without_tags=()), None, lost) is None


def test_the_detail_does_not_repeat_the_secret():
    rejection = check_row(CurateConfig(), None, row(f"t = '{SECRET}'"))
    assert rejection is not None
    assert rejection.reason == "secret"
    assert SECRET not in str(rejection)


def test_an_item_of_a_benchmark_is_rejected_by_its_name():
    rejection = check_row(CurateConfig(), BenchmarkIndex.build([ITEM]), row(instruction=ITEM.prompt))
    assert rejection is not None
    assert rejection.reason == "overlaps a benchmark"
    assert "T/1" in rejection.detail


def test_the_first_check_that_fails_is_the_reason():
    broken = row(f"def f(:\n    t = '{SECRET}'")
    rejection = check_row(CurateConfig(), None, broken)
    assert rejection is not None
    assert rejection.reason == "does not parse"


@pytest.mark.parametrize("check", ["syntax", "secrets"])
def test_a_check_that_is_switched_off_is_not_run(check):
    bad = {"syntax": "def f(:", "secrets": f"t = '{SECRET}'"}[check]
    assert check_row(CurateConfig(), None, row(bad)) is not None
    assert check_row(CurateConfig(**{check: False}), None, row(bad)) is None
