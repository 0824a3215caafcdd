"""Scores of answers that are graded, not executed: the task's metrics, each with its interval.

A metric that is a mean over rows is bootstrapped over their values. One of the whole corpus (BLEU,
CodeBLEU, F1) is computed again on rows drawn with replacement. pass@1 is a share of rows: Wilson's.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from codetune.evaluate.benchmarks.tasks import row_of
from codetune.evaluate.estimates import bootstrap, wilson
from codetune.execution.protocol import Executor
from codetune.records import Completion, Instruction, Problem
from codetune.store.atomic import write_text
from codetune.tasks.registry import get_task

__all__ = ["CORPUS_RESAMPLES", "graded_score"]

CORPUS_RESAMPLES = 200
"""Draws for a metric of the whole corpus; each grades all rows again."""
_CORPUS = frozenset({"bleu", "codebleu", "f1", "precision", "recall"})


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
    grader = get_task(task).grader()
    scores = grader.grade(rows, answers, executor=executor).scores
    singles = [grader.grade([row], [answer]).scores for row, answer in zip(rows, answers, strict=True)]
    redrawn = _redrawn(task, rows, answers, seed) if any(score.metric in _CORPUS for score in scores) else {}
    metrics: dict[str, dict[str, Any]] = {}
    for score in scores:
        kept: dict[str, Any] = {"value": score.value, "rows": score.rows, "note": score.note}
        if score.value is None:
            kept |= {"low": None, "high": None, "method": "not measured"}
        elif score.metric == "pass@1":
            found = asdict(wilson(round(score.value * score.rows), score.rows))
            kept |= {name: found[name] for name in ("low", "high", "method")}
        elif score.metric in _CORPUS:
            low, high = redrawn.get(score.metric, (score.value, score.value))
            kept |= {"low": low, "high": high, "method": f"bootstrap of the corpus, {CORPUS_RESAMPLES} draws"}
        else:
            values = [
                one.value
                for single in singles
                for one in single
                if one.metric == score.metric and one.value is not None
            ]
            found = asdict(bootstrap(values, seed=seed))
            kept |= {name: found[name] for name in ("low", "high", "method")}
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


def _redrawn(
    task: str, rows: Sequence[Instruction], answers: Sequence[str], seed: int
) -> dict[str, tuple[float, float]]:
    """Metric -> its 2.5th and 97.5th percentile over drawn rows."""
    draw = random.Random(f"{seed}:{task}:corpus")
    grader = get_task(task).grader()
    found: dict[str, list[float]] = {}
    for _ in range(CORPUS_RESAMPLES):
        places = draw.choices(range(len(rows)), k=len(rows))
        scores = grader.grade([rows[n] for n in places], [answers[n] for n in places]).scores
        for score in scores:
            if score.metric in _CORPUS and score.value is not None:
                found.setdefault(score.metric, []).append(score.value)
    return {metric: _percentiles(values) for metric, values in found.items()}


def _percentiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[round(0.025 * last)], ordered[round(0.975 * last)]
