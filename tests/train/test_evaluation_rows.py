"""Rows that the model will be evaluated on are refused by name, unless the settings say otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.train.made import code_rows, write_dataset

from codetune.errors import DataError
from codetune.evaluate.benchmarks.registry import load_problems
from codetune.records import Instruction, Problem
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.train.config import TrainConfig
from codetune.train.evaluation_rows import refuse_evaluation_rows
from codetune.train.stage import run

STATEMENT = "Say which word of a text comes most often, and of several the one that is first in the alphabet."
PROBLEM = Problem(benchmark="made", task_id="Made/0", prompt=STATEMENT, tests="")


def check(folder: Path, context: StageContext, **settings: object) -> None:
    config = TrainConfig(**settings)  # type: ignore[arg-type]
    refuse_evaluation_rows(config, [Dataset(folder)], context, lambda name: [PROBLEM])


def test_rows_of_upstreams_test_split_are_named(tmp_path: Path, context: StageContext) -> None:
    rows = code_rows(6)
    rows[2:6] = [replace(row, tags=("split:test",)) for row in rows[2:6]]
    folder = write_dataset(tmp_path / "rows", rows)
    with pytest.raises(DataError) as error:
        check(folder, context)
    assert error.value.what.startswith("4 of 6 rows are of a split that upstream keeps for tests: ")
    assert rows[2].id in error.value.what and error.value.what.endswith("and 1 more")
    check(folder, context, upstream_splits=())
    with pytest.raises(DataError, match="4 of 6"):
        check(folder, context, upstream_splits=("valid", "train"))


def test_rows_of_other_splits_may_be_learned(tmp_path: Path, context: StageContext) -> None:
    rows = [replace(row, tags=("split:valid", "level:beginner")) for row in code_rows(3)]
    check(write_dataset(tmp_path / "rows", rows), context)


def test_a_row_that_repeats_an_item_is_named(tmp_path: Path, context: StageContext) -> None:
    bad = Instruction(task="t", instruction=STATEMENT, output="max(words)", source="s")
    folder = write_dataset(tmp_path / "rows", [*code_rows(4), bad])
    check(folder, context)
    with pytest.raises(DataError, match=f"1 of 5 rows repeat items .* {bad.id} repeats Made/0 of made"):
        check(folder, context, benchmarks=("made",))


def test_the_test_part_of_a_mixture_is_refused(tmp_path: Path, context: StageContext) -> None:
    folder = write_dataset(tmp_path / "rows", code_rows(3), plan_config={"split": "test"})
    with pytest.raises(DataError, match="all 3 rows were kept out of a mixture to test with"):
        check(folder, context)


def test_nothing_is_left_behind(tiny_model: Path, tmp_path: Path, context: StageContext) -> None:
    problem = load_problems("humaneval")[0]
    bad = Instruction(
        task="t", instruction=problem.prompt, output=problem.canonical_solution or "", source="s"
    )
    folder = write_dataset(tmp_path / "rows", [*code_rows(4), bad])
    config = TrainConfig(model=str(tiny_model), benchmarks=("humaneval",))
    with pytest.raises(DataError, match="repeats HumanEval/0 of humaneval"):
        run(config, [folder], tmp_path / "out", context, problems=lambda name: [problem])
    assert not (tmp_path / "out" / "run.json").exists()
    assert not (tmp_path / "out" / "checkpoints").exists()
