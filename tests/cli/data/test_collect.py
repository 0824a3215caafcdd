"""`codetune collect` and the options it shares with every stage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codetune.cli.main import run as codetune
from codetune.records import Snippet
from codetune.store.dataset import Dataset

PROJECT = Path(__file__).parents[2] / "data" / "project"


def collect(output: Path, *arguments: object) -> int:
    return codetune(
        ["collect", "code", str(PROJECT), "-o", str(output), "--workers", "1", *map(str, arguments)]
    )


def rows(folder: Path) -> int:
    return len(Dataset(folder, Snippet))


def test_it_collects_says_what_is_next_and_then_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert collect(tmp_path / "out") == 0
    first = capsys.readouterr().out
    assert rows(tmp_path / "out") == 20
    assert f"Next: codetune tasks {tmp_path / 'out'} -o {tmp_path / 'instructions'}" in first
    assert "Nothing to do" not in first
    assert collect(tmp_path / "out") == 0
    assert "Nothing to do: this output was finished before." in capsys.readouterr().out


def test_quiet_prints_nothing_and_json_a_run_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert collect(tmp_path / "out", "-q") == 0
    said = capsys.readouterr()
    assert not said.out and not said.err
    assert collect(tmp_path / "out", "--json", "-q") == 0
    assert json.loads(capsys.readouterr().out)["counts"]["kept"] == 20


def test_settings_come_from_a_file_and_set(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("min_lines: 200\nmax_lines: 300\nlimit: 3\n")
    assert collect(tmp_path / "out", "--config", tmp_path / "c.yaml", "--set", "min_lines=3") == 0
    assert rows(tmp_path / "out") == 3


def test_only_overwrite_replaces_another_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert collect(tmp_path / "out") == 0
    assert collect(tmp_path / "out", "--limit", 4) == 2
    assert "it was made with limit = null, not 4" in capsys.readouterr().err
    assert rows(tmp_path / "out") == 20
    assert collect(tmp_path / "out", "--limit", 4, "--overwrite") == 0
    assert rows(tmp_path / "out") == 4
    assert ", stopped" not in capsys.readouterr().err


def test_overwrite_never_takes_a_folder_of_somebody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    assert collect(tmp_path / "out", "--overwrite") == 2
    assert "files that codetune did not make, thesis.txt among them" in capsys.readouterr().err
    assert (tmp_path / "out" / "thesis.txt").read_text() == "years of work"


def test_keeping_nothing_is_a_failure_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert collect(tmp_path / "out", "--set", "min_lines=100") == 1
    said = capsys.readouterr().err
    assert "no row was kept: 20 were rejected, 20 of them with the reason 'too short'" in said


def test_the_list_of_settings_is_made_from_them(capsys: pytest.CaptureFixture[str]) -> None:
    from codetune.sources.config import CollectConfig

    assert codetune(["collect", "--settings"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n{name} " in said for name in CollectConfig.model_fields)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "min_line=3"], "unknown key 'min_line' (--set min_line); did you mean 'min_lines'?"),
        (["--set", "min_lines=["], "'[' is not a value in YAML (--set min_lines)"),
        (["--limit", "3", "--set", "limit=4"], "--limit and --set limit set the same value"),
        (["--config", "absent.yaml"], "there is no such file (absent.yaml)"),
        (["--engine", "spark"], "there is no engine 'spark'"),
        (["-o", "/proc/x"], "the folder can't be made"),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert collect(tmp_path / "out", *arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"Error: {said}") and told.count("\n") == 1
    assert not (tmp_path / "out").exists()
