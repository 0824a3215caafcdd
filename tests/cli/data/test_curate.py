"""`codetune curate` on two small datasets of real functions: what stays, what leaves, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.train.made import code_rows, write_dataset

from codetune.cli.main import run as codetune
from codetune.evaluate.benchmarks.registry import load_problems
from codetune.records import Instruction
from codetune.store.dataset import Dataset

KEY = "AKIA" + "Q3EGRIT7VY2KLMZP"  # in two parts, so that this file holds no key


def changed(row: Instruction, **changes: object) -> Instruction:
    return replace(row, id="", **changes)


def with_faults(rows: list[Instruction]) -> list[Instruction]:
    """One row for each reason that a row is rejected for alone."""
    problem = load_problems("humaneval")[0]
    return [
        changed(rows[0], output="def f(:\n    return", programming_language="python"),
        changed(rows[1], output=f'def f():\n    return use("{KEY}")\n'),
        changed(rows[2], output=problem.prompt + (problem.canonical_solution or "")),
    ]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Twelve functions; and four of them again, three rows with a fault, and two rows of its own."""
    folder = tmp_path_factory.mktemp("datasets")
    rows = code_rows(14)
    # Rows as a second collection finds them: equal text, another upstream id.
    again = [changed(row, lineage=replace(row.lineage, upstream_id="again")) for row in rows[:4]]
    return (
        write_dataset(folder / "mine", rows[:12]),
        write_dataset(folder / "theirs", [*again, *with_faults(rows), *rows[12:]]),
    )


def curate(*arguments: object) -> int:
    return codetune(["curate", *map(str, arguments), "--workers", "1"])


def test_rows_are_kept_or_rejected_with_a_reason(
    datasets: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert curate(*datasets, "-o", tmp_path / "clean", "--json") == 0
    card = json.loads(capsys.readouterr().out)
    assert card["rejects"] == {
        "exact duplicate": 4, "does not parse": 1, "overlaps a benchmark": 1, "secret": 1,
    }  # fmt: skip
    kept = {row.id for row in Dataset[Instruction](tmp_path / "clean")}
    assert kept == {row.id for row in code_rows(14)}, "of two equal rows the first one named stays"


def test_the_table_names_each_reason_and_a_second_run_changes_nothing(
    datasets: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "clean"
    assert curate(*datasets, "-o", output) == 0
    said = capsys.readouterr().out
    for words in ("exact duplicate", "does not parse", "overlaps a benchmark", "secret"):
        assert words in said
    assert KEY not in said
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()}
    assert curate(*datasets, "-o", output) == 0
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()} == before


def test_a_check_that_is_switched_off_rejects_nothing(
    datasets: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "curate.yaml"
    settings.write_text("exact: false\nsyntax: false\nnear_duplicate_jaccard: null\n")
    off = ["--config", settings, "--set", "secrets=false", "--set", "decontaminate=[]"]
    assert curate(*datasets, "-o", tmp_path / "all", *off, "--json") == 0
    card = json.loads(capsys.readouterr().out)
    assert card["rejects"] == {}
    assert card["counts"]["kept"] == len(Dataset[Instruction](tmp_path / "all")) == 12 + 9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent"], "no such dataset directory"),
        (["."], "not a dataset directory"),
        (["{mine}", "--set", "exactt=true"], "exact"),
        (["{mine}", "--set", "near_duplicate_jaccard=7"], "near_duplicate_jaccard"),
        (["{mine}", "--set", "exact"], "key=value"),
        (["{mine}", "--set", "decontaminate=[humanevil]"], "humaneval"),
        (["{mine}", "--config", "absent.yaml"], "no such file"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    datasets: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert curate(*[word.format(mine=datasets[0]) for word in arguments], "-o", "clean") == 2
    said = capsys.readouterr()
    assert words in said.err.lower()
    assert not said.out and "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []
