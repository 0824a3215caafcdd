"""A claim on a folder that came to nothing is given up; one with work in it stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.errors import OutputError
from codetune.store.run_card import Plan
from codetune.store.stage_output import PLAN_NAME, StageOutput


def plan(model: str) -> Plan:
    return Plan(stage="test", config={"model": model}, inputs={}, code="")


def fail(folder: Path, chosen: Plan, *files: str, preparations: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    with pytest.raises(RuntimeError), StageOutput(folder, chosen) as output:
        for name in files:
            (folder / name).write_text("x")
        output.preparations |= preparations
        raise RuntimeError


def test_a_first_run_that_left_nothing_does_not_keep_the_folder(tmp_path: Path) -> None:
    fail(tmp_path / "out", plan("mistyped"))
    assert not (tmp_path / "out").exists()
    with StageOutput(tmp_path / "out", plan("right")) as output:
        assert not output.resumed


def test_a_folder_that_was_there_stays_and_is_empty_again(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fail(tmp_path / "out", plan("mistyped"))
    assert list((tmp_path / "out").iterdir()) == []


def test_preparations_are_not_work(tmp_path: Path) -> None:
    fail(tmp_path / "out", plan("mistyped"), "prompts.jsonl", preparations={"prompts.jsonl"})
    assert not (tmp_path / "out").exists()


def test_work_keeps_the_folder_for_its_own_plan(tmp_path: Path) -> None:
    fail(tmp_path / "out", plan("a"), "part-00000")
    with pytest.raises(OutputError, match="holds another run"):
        StageOutput(tmp_path / "out", plan("b"))
    fail(tmp_path / "out", plan("a"))
    assert (tmp_path / "out" / PLAN_NAME).exists() and (tmp_path / "out" / "part-00000").exists()
