from __future__ import annotations

import json

import pytest
from tests.report.made_run import write_run

from codetune.cli.main import run as codetune


@pytest.fixture
def a_run(tmp_path):
    return write_run(tmp_path / "run")


def test_it_writes_the_page_where_it_is_told(a_run, tmp_path, capsys) -> None:
    page = tmp_path / "out" / "page.html"
    assert codetune(["report", str(a_run), "-o", str(page), "--json", "--title", "Mine"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "path": str(page),
        "bytes": page.stat().st_size,
        "stages": ["collect", "tasks", "synth", "curate", "train", "evaluate"],
    }
    assert "<title>Mine</title>" in page.read_text("utf-8")


def test_it_writes_into_the_run_by_default(a_run, capsys) -> None:
    assert codetune(["report", str(a_run)]) == 0
    assert (a_run / "report.html").stat().st_size > 10_000
    assert "report.html" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent"], "no such run directory"),
        (["."], "no finished stage"),
        (["run", "-o", "."], "is a folder"),
        (["run", "--samples", "999"], "samples"),
    ],
)
def test_a_mistake_is_one_sentence(a_run, tmp_path, monkeypatch, capsys, arguments, words) -> None:
    monkeypatch.chdir(tmp_path)
    assert codetune(["report", *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1
    assert not said.out and not (tmp_path / "report.html").exists()


def test_results_without_a_card_are_not_shown(a_run, capsys) -> None:
    (a_run / "evaluate" / "run.json").unlink()
    assert codetune(["report", str(a_run)]) == 0
    page = (a_run / "report.html").read_text("utf-8")
    assert "Evaluation: not run." in page and "6.1%" not in page
