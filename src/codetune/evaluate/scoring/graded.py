"""Scores of answers that are graded, not executed: the task's metrics, each with its interval.

Each metric is made of numbers of each row that add up, so its interval comes from drawing rows anew
and adding them up again, whether it is a mean (exact match) or of the whole corpus (BLEU, CodeBLEU,
F1). Answers to one item, and items of one cluster, are drawn together. pass@1 of one answer an item
is a share of rows: Wilson's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from codetune.evaluate.benchmarks.tasks import row_of
from codetune.evaluate.statistics.estimates import wilson
from codetune.execution.protocol import Executor
from codetune.records import Completion, Problem
from codetune.store.atomic import write_text
from codetune.tasks.grading.grader import RowStatistics
from codetune.tasks.registry import get_task

__all__ = ["RESAMPLES", "graded_score"]

RESAMPLES = 2000
_AT_A_TIME = 100
"""Draws in memory together."""


def graded_score(
    task: str,
    pairs: Iterable[tuple[Problem, Completion]],
    problems: Sequence[Problem],
    executor: Executor,
    folder: Path,
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """Grade answers and write them to `answers.jsonl`.

    Args:
        task: Whose grader.
        pairs: Item and answer.
        problems: The items that were asked.
        executor: Runs the tests of rows that have some.
        folder: Where the answers go.
        seed: Of the bootstrap.

    Returns:
        Plain data: `metrics` (name -> value, low, high, method, rows, note), and counts.
    """
    given = list(pairs)
    rows = [row_of(problem) for problem, _ in given]
    answers = [completion.text for _, completion in given]
    lines = [
        json.dumps({"task_id": c.task_id, "sample": c.sample, "completion": c.text}, ensure_ascii=False)
        for _, c in given
    ]
    write_text(folder / "answers.jsonl", "\n".join(lines) + "\n")
    scores = get_task(task).grader().grade(rows, answers, executor=executor).scores
    clusters = [problem.cluster or problem.task_id for problem, _ in given]
    alone = len(set(clusters)) == len(clusters)
    metrics: dict[str, dict[str, Any]] = {}
    for score in scores:
        kept: dict[str, Any] = {"value": score.value, "rows": score.rows, "note": score.note}
        if score.value is None or score.statistics is None:
            kept |= {"low": None, "high": None, "method": "not measured"}
        elif score.metric == "pass@1" and alone:
            found = asdict(wilson(round(score.value * score.rows), score.rows))
            kept |= {name: found[name] for name in ("low", "high", "method")}
        else:
            low, high = _interval(score.statistics, clusters, seed)
            kind = "bootstrap" if alone else "cluster bootstrap"
            kept |= {"low": low, "high": high, "method": f"{kind} 95%, {RESAMPLES} draws"}
        metrics[score.metric] = kept
    answered = {completion.task_id for _, completion in given}
    return {
        "problems": len(answered),
        "problems_asked": len(problems),
        "samples": len(given),
        "metrics": metrics,
        "pass_at_k": {},
        "lenient_pass_at_k": {},
        "verdicts": {},
        "missing": sorted({problem.task_id for problem in problems} - answered),
    }


def _interval(statistics: RowStatistics, clusters: Sequence[str], seed: int) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of a score over drawn clusters of rows."""
    names, place_of = np.unique([clusters[row] for row in statistics.rows], return_inverse=True)
    numbers = np.asarray(list(statistics.rows.values()), dtype=float)
    sums = np.zeros((len(names), numbers.shape[1]))
    np.add.at(sums, place_of, numbers)
    generator = np.random.default_rng(seed)
    values: list[float] = []
    for start in range(0, RESAMPLES, _AT_A_TIME):
        drawn = generator.integers(0, len(names), (min(_AT_A_TIME, RESAMPLES - start), len(names)))
        times = np.apply_along_axis(np.bincount, 1, drawn, minlength=len(names))
        worth = (statistics.value(total) for total in (times @ sums).tolist())
        values += [value for value in worth if value is not None]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
