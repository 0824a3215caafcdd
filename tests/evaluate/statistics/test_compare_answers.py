"""Graded runs paired by row: means and corpus metrics, few clusters, scores that can't be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from codetune.cli.main import run as codetune
from codetune.errors import DataError, UsageError
from codetune.evaluate.benchmarks.tasks import GradedProblem
from codetune.evaluate.scoring.graded import graded_score
from codetune.evaluate.scoring.score import write_score
from codetune.evaluate.statistics.compare import compare_folders
from codetune.evaluate.statistics.comparison import Comparison
from codetune.execution.protocol import Execution, Program
from codetune.records import Completion, Instruction, Lineage


class NoExecutor:
    def run(self, programs: Iterable[Program]) -> Iterator[Execution]:
        assert not list(programs)
        return iter(())

    def close(self) -> None:
        pass


def items(task: str, count: int, *, group: str | None = None, files: int = 0) -> list[GradedProblem]:
    found = []
    for n in range(count):
        path = f"f{n % files}.py" if files else None
        row = Instruction(
            task=task,
            instruction="Do it.",
            input=str(n),
            output=f"def f{n}(a, b):\n    return a + b + {n}\n",
            programming_language="python",
            source="test",
            lineage=Lineage(group=group, path=path),
        )
        found.append(
            GradedProblem(
                benchmark=f"task:{task}", task_id=f"{task}/{n}", prompt=f"Do it.\n\n{n}\n\n", tests="", row=row,
                instruction=f"Do it.\n\n{n}", cluster=group or row.id,
                finer_group=f"{group}/{path}" if path else None,
            )
        )  # fmt: skip
    return found


def graded(folder: Path, problems: list[GradedProblem], right: int) -> Path:
    """The first `right` answers are the wanted ones, the others something else."""
    folder.mkdir()
    texts = [p.row.output if n < right else "def g():\n    pass\n" for n, p in enumerate(problems)]
    pairs = [
        (problem, Completion(task_id=problem.task_id, text=text, finish_reason="stop"))
        for problem, text in zip(problems, texts, strict=True)
    ]
    write_score(folder, graded_score(problems[0].row.task, pairs, problems, NoExecutor(), folder))
    return folder


def test_task_scores_are_compared_by_their_own_metrics(tmp_path: Path) -> None:
    problems = items("code_repair", 40)
    first, second = graded(tmp_path / "a", problems, 10), graded(tmp_path / "b", problems, 30)
    (found,) = compare_folders(first, second).comparisons
    assert (found.metric, found.verdict, found.benchmark) == ("exact_match", "better", "task:code_repair")
    assert found.difference == pytest.approx(0.5)
    assert found.low < 0.5 < found.high and found.p_value < 0.001
    assert (found.first_only, found.second_only, found.problems, found.both) == (0, 20, 40, None)
    # A corpus metric: the difference of the two corpora's BLEU, not a mean of rows.
    (bleu,) = compare_folders(first, second, metric="bleu").comparisons
    assert bleu.metric == "bleu" and bleu.verdict == "better" and 0 < bleu.low < bleu.difference < bleu.high
    (code,) = compare_folders(second, first, metric="codebleu").comparisons
    assert code.verdict == "worse"
    with pytest.raises(UsageError, match="no metric 'pass@1'; choose one of: exact_match, bleu, codebleu"):
        compare_folders(first, second, metric="pass@1")


def test_a_score_against_itself_is_a_tie_of_some_width(tmp_path: Path) -> None:
    same = graded(tmp_path / "a", items("code_repair", 30), 12)
    (found,) = compare_folders(same, same).comparisons
    assert (found.difference, found.verdict, found.p_value) == (0, "tie", 1)
    assert found.low < 0 < found.high


def test_rows_of_one_repository_are_drawn_by_file(tmp_path: Path) -> None:
    problems = items("code_repair", 48, group="one/repository", files=16)
    first, second = graded(tmp_path / "a", problems, 8), graded(tmp_path / "b", problems, 20)
    (found,) = compare_folders(first, second).comparisons
    assert (found.clusters, found.note) == (16, "1 group of related problems is too few")
    assert found.test == "swap permutation over files"
    from codetune.evaluate.scoring.score import read_score

    score = read_score(first)
    assert score is not None
    metric = score.metrics["exact_match"]
    assert metric.low is not None and metric.high is not None and metric.high - metric.low > 0.05
    assert "over files: 1 group of related problems is too few" in metric.method


def test_what_cannot_be_compared_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problems = items("code_repair", 12)
    first = graded(tmp_path / "a", problems, 4)
    other = graded(tmp_path / "b", [items("code_repair", 20)[n] for n in range(15, 20)], 2)
    with pytest.raises(DataError, match="share 0 graded answers"):
        compare_folders(first, other)
    (first / "answers.jsonl").write_text("{")
    assert codetune(["compare", str(first), str(other)]) == 2
    assert "the graded answers can't be read" in capsys.readouterr().err


def test_the_terminal_writes_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problems = items("code_repair", 40)
    first, second = graded(tmp_path / "a", problems, 10), graded(tmp_path / "b", problems, 30)
    page = tmp_path / "page.html"
    assert codetune(["compare", str(first), str(second), "--html", str(page)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "+50.0 points" in said and "done better by first 0, second 20; alike 20" in said
    assert "does better" in page.read_text("utf-8")


def test_every_metric_and_group_is_compared_and_all_metrics_are_one_family(tmp_path: Path) -> None:
    problems = [
        replace(problem, groups=(f"language={'go' if n % 2 else 'python'}",))
        for n, problem in enumerate(items("code_repair", 40))
    ]
    first, second = graded(tmp_path / "a", problems, 10), graded(tmp_path / "b", problems, 30)
    (found,) = compare_folders(first, second).comparisons
    assert [other.metric for other in found.others] == ["bleu", "codebleu"]
    assert (found.first_value, found.second_value) == (0.25, 0.75)
    assert all(other.second - other.first == pytest.approx(other.difference) for other in found.others)
    # Holm over three: the smallest p-value counts three times.
    assert found.adjusted_p_value == pytest.approx(3 * found.p_value, rel=0.7)
    assert min(p.adjusted_p_value / p.p_value for p in (found, *found.others)) >= 1
    assert {name: (g.problems, g.first, g.second) for name, g in found.groups.items()} == {
        "language=python": (20, 0.25, 0.75),
        "language=go": (20, 0.25, 0.75),
    }
    assert all(g.low < g.difference < g.high for g in found.groups.values())


def test_a_comparison_is_read_back_as_it_was(tmp_path: Path) -> None:
    problems = items("code_repair", 12)
    first, second = graded(tmp_path / "a", problems, 2), graded(tmp_path / "b", problems, 9)
    (found,) = compare_folders(first, second).comparisons
    assert Comparison.from_json(found.to_json()) == found
