"""Answers that are graded: each metric with an interval, the answers kept, what is missing named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from codetune.evaluate.benchmarks.registry import benchmark
from codetune.evaluate.scoring.graded import graded_score
from codetune.evaluate.scoring.score import Metric, Score
from codetune.execution.protocol import Execution, Program
from codetune.records import Completion, Problem


class NoExecutor:
    """Nothing here is to be run."""

    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        raise AssertionError(f"executed: {list(programs)}")

    def close(self) -> None:
        pass


@pytest.fixture
def items(tmp_path: Path) -> list[Problem]:
    rows = [
        {
            "task": "code_summarization",
            "instruction": "Say what this does.",
            "input": f"def f{n}(a, b):\n    return a + b + {n}",
            "output": f"Add two numbers and the number {n} to each other.",
        }
        for n in range(8)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", "utf-8")
    return benchmark("task:code_summarization").load(path)


def graded(items: list[Problem], texts: list[str], folder: Path) -> Score:
    folder.mkdir()
    pairs = [
        (item, Completion(task_id=item.task_id, text=text)) for item, text in zip(items, texts, strict=False)
    ]
    return graded_score("code_summarization", pairs, items, NoExecutor(), folder)


def measured(score: Score) -> dict[str, Metric]:
    """All but `found_among_ten`, which eight pieces of code are too few for."""
    assert score.metrics["found_among_ten"].value is None
    return {name: metric for name, metric in score.metrics.items() if metric.value is not None}


def test_right_answers_score_full_marks_and_wrong_ones_do_not(items: list[Problem], tmp_path: Path) -> None:
    right = graded(items, [item.canonical_solution or "" for item in items], tmp_path / "right")
    wrong = graded(items, ["nothing of the kind"] * len(items), tmp_path / "wrong")
    assert right.metrics and right.metrics.keys() == wrong.metrics.keys()
    for name, metric in measured(right).items():
        low = wrong.metrics[name]
        assert metric.value == pytest.approx(1.0, abs=1e-6)
        assert low.value < metric.value / 4
        assert low.low - 1e-9 <= low.value <= low.high + 1e-9
    kept = (tmp_path / "right" / "answers.jsonl").read_text("utf-8").splitlines()
    assert len(kept) == len(items)


def test_a_mixed_score_has_an_interval_and_names_what_is_missing(
    items: list[Problem], tmp_path: Path
) -> None:
    texts = [item.canonical_solution or "" for item in items[:3]] + ["no", "none", "never"]
    score = graded(items, texts, tmp_path / "mixed")
    assert score.problems == 6 and score.problems_asked == 8
    assert score.missing == (items[6].task_id, items[7].task_id)
    for metric in measured(score).values():
        assert metric.low < metric.value < metric.high


def test_answers_to_one_item_are_drawn_together(items: list[Problem], tmp_path: Path) -> None:
    texts = [item.canonical_solution or "" for item in items[:4]] + ["no", "none", "never", "nothing"]
    once = graded(items, texts, tmp_path / "once")
    pairs = [
        (item, Completion(task_id=item.task_id, sample=sample, text=text))
        for sample in range(25)
        for item, text in zip(items, texts, strict=True)
    ]
    (tmp_path / "often").mkdir()
    often = graded_score("code_summarization", pairs, items, NoExecutor(), tmp_path / "often")
    for name, metric in measured(once).items():
        repeated = often.metrics[name]
        assert metric.method.startswith("bootstrap")
        assert repeated.method.startswith("cluster bootstrap")
        # The same answer 25 times over is no more to go by than once.
        assert repeated.value == pytest.approx(metric.value)
        assert repeated.high - repeated.low == pytest.approx(metric.high - metric.low)


def test_groups_of_some_rows_are_also_scored_alone(tmp_path: Path) -> None:
    rows = [
        {
            "instruction": "Say what this does.",
            "input": f"def f{n}(a):\n    return a + {n}",
            "output": f"Add the number {n} to the argument.",
            "programming_language": "python" if n < 7 else "go",
        }
        for n in range(10)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", "utf-8")
    items = benchmark("task:code_summarization").load(path)
    score = graded(items, [item.canonical_solution or "" for item in items], tmp_path / "score")
    (name, group), *others = score.groups.items()
    assert name == "language=python" and not others  # three rows of Go are too few
    assert (group.problems, group.metrics["smoothed_bleu4"].value) == (7, pytest.approx(1.0))
    assert group.task_ids == tuple(item.task_id for item in items[:7])
