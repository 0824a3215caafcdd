"""Samples through the real sandbox into a score, and two scores into a comparison."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codetune.engine.progress import SilentProgress
from codetune.errors import DataError, UsageError
from codetune.evaluate.benchmarks.humaneval import HUMANEVAL
from codetune.evaluate.comparing import compare_folders
from codetune.evaluate.judge import read_verdicts
from codetune.evaluate.single import score_samples
from codetune.execution.sandbox import open_executor
from codetune.records import Verdict

PROBLEMS = HUMANEVAL.load()[:12]


def _score(folder: Path, texts: dict[str, list[str]], k: tuple[int, ...] = (1,)) -> dict:
    folder.mkdir(exist_ok=True)
    samples = folder / "samples.jsonl"
    rows = [{"task_id": task, "completion": text} for task, each in texts.items() for text in each]
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    executor = open_executor(2)
    try:
        return score_samples(
            HUMANEVAL, samples, folder / "score", executor=executor, progress=SilentProgress(), k=k
        ).results
    finally:
        executor.close()


def test_right_wrong_and_empty_answers(tmp_path: Path) -> None:
    texts = {p.task_id: [p.canonical_solution or ""] for p in PROBLEMS}
    texts[PROBLEMS[3].task_id] = ["    return None\n"]
    texts[PROBLEMS[4].task_id] = [""]
    texts[PROBLEMS[5].task_id] = ["    import os; os._exit(0)\n"]
    found = _score(tmp_path, texts)
    assert found["passed"] == 9
    assert found["problems"] == 12
    assert found["pass_at_k"]["1"]["value"] == 9 / 12
    assert found["verdicts"]["PASS"] == 9
    assert found["verdicts"]["NO_CODE"] == 1
    assert found["verdicts"]["EARLY_EXIT"] == 1
    assert len(found["missing"]) == 152
    rows = list(read_verdicts(tmp_path / "score"))
    assert [row.task_id for row in rows] == list(texts)
    assert rows[4].verdict is Verdict.NO_CODE


def test_k_beyond_the_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pass@2"):
        _score(tmp_path, {PROBLEMS[0].task_id: [PROBLEMS[0].canonical_solution or ""]}, k=(2,))


def test_runs_are_compared_by_problem(tmp_path: Path) -> None:
    right = {p.task_id: [p.canonical_solution or ""] for p in PROBLEMS}
    wrong = {p.task_id: ["    return None\n"] for p in PROBLEMS}
    one = dict(right) | {PROBLEMS[0].task_id: ["    return None\n"]}
    for name, texts in (("right", right), ("wrong", wrong), ("one", one)):
        _score(tmp_path / name, texts)
    better = compare_folders(tmp_path / "wrong" / "score", tmp_path / "right" / "score")
    assert (better["verdict"], better["tuned_only"], better["difference"]) == ("better", 12, 1.0)
    tie = compare_folders(tmp_path / "right" / "score", tmp_path / "one" / "score")
    assert (tie["verdict"], tie["base_only"], tie["p_value"]) == ("tie", 1, 1.0)
    with pytest.raises(DataError, match="no score"):
        compare_folders(tmp_path / "right" / "score", tmp_path)


def test_another_data_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "HumanEval.jsonl"
    other.write_text("{}\n", "utf-8")
    with pytest.raises(DataError, match="SHA-256"):
        HUMANEVAL.load(other)
