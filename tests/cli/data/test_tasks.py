"""`codetune tasks`: snippets in, instructions out, no model asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.cli.main import run as codetune
from codetune.errors import DataError
from codetune.records import Instruction
from codetune.store.dataset import Dataset

PROJECT = Path(__file__).parents[2] / "data" / "project"


@pytest.fixture(scope="module")
def snippets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("snippets") / "data"
    assert codetune(["collect", "code", str(PROJECT), "-o", str(folder), "--workers", "1", "-q"]) == 0
    return folder


def tasks(snippets: Path, output: Path, *arguments: object) -> int:
    return codetune(["tasks", str(snippets), "-o", str(output), "--workers", "1", *map(str, arguments)])


def test_each_snippet_gives_a_row_to_each_task_or_a_reason(snippets: Path, tmp_path: Path) -> None:
    assert tasks(snippets, tmp_path / "out") == 0
    data = Dataset(tmp_path / "out", Instruction)
    rejected = list(data.rejects())
    assert len(data) + len(rejected) == 2 * len(Dataset(snippets))
    assert {row.task for row in data} == {"code_summarization", "code_generation"}
    assert {row["reason"] for row in rejected} == {"docstring too short"}


def test_tasks_are_chosen_by_an_option(snippets: Path, tmp_path: Path) -> None:
    assert tasks(snippets, tmp_path / "out", "-t", "code_search", "--set", "candidates=3") == 0
    data = Dataset(tmp_path / "out", Instruction)
    assert {row.task for row in data} == {"code_search"}
    assert {len(row.candidates) for row in data} == {3}


def test_instructions_are_no_snippets(
    snippets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tasks(snippets, tmp_path / "first", "-q") == 0
    assert tasks(tmp_path / "first", tmp_path / "second") == 2
    assert "no task can be made of Instruction rows" in capsys.readouterr().err
    assert not (tmp_path / "second").exists()


def test_snippets_given_for_instructions_are_told_the_command(
    snippets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DataError, match=rf"make instructions of them with: codetune tasks {snippets}"):
        Dataset(snippets, Instruction)
    assert codetune(["export", str(snippets), "--format", "alpaca", "-o", str(tmp_path / "a.json")]) == 2
    assert "make instructions of them with codetune tasks" in capsys.readouterr().err


def test_an_unknown_task_is_one_sentence(
    snippets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tasks(snippets, tmp_path / "out", "-t", "code_sumarization") == 2
    assert "tasks.0 has to be 'code_summarization', " in capsys.readouterr().err


def test_a_wrong_task_is_told_by_its_option(
    snippets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tasks(snippets, tmp_path / "out", "-t", "code_sumarization") == 2
    said = capsys.readouterr().err
    assert "code_sumarization" in said and "(--task)" in said and "--tasks" not in said
