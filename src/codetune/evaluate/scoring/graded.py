"""Scores of answers that are graded, not executed: the task's metrics, each with its interval.

Each metric is made of numbers of each row that add up, so its interval comes from drawing rows again
and adding them up, whether it is a mean (exact match) or of the whole corpus (BLEU, CodeBLEU, F1).
Answers to one item, and items of one cluster, are drawn together. pass@1 of one answer an item is a
share of rows: Wilson's.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from codetune.errors import DataError
from codetune.evaluate.benchmarks.data_file import DataEdition
from codetune.evaluate.benchmarks.tasks import GradedProblem
from codetune.evaluate.scoring.count_samples import shared_clusters
from codetune.evaluate.scoring.doubts import cut_warning
from codetune.evaluate.scoring.score import Conditions, CutAnswers, GroupRate, Metric, Score, Usage
from codetune.evaluate.statistics.estimates import wilson
from codetune.evaluate.statistics.independent import Units, independent_units
from codetune.execution.protocol import Executor
from codetune.records import Completion, Problem
from codetune.store.atomic import write_text
from codetune.tasks.grading.grader import RowStatistics, TaskScore
from codetune.tasks.registry import get_task

__all__ = ["ANSWERS_NAME", "RESAMPLES", "GradedAnswer", "graded_score", "read_answers"]

ANSWERS_NAME = "answers.jsonl"
RESAMPLES = 2000
_AT_A_TIME = 100
"""Draws in memory together."""
_FEWEST_OF_A_GROUP = 5
_MOST_GROUPS = 20


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """One answer with what each metric counts of it.

    Attributes:
        counts: Metric -> its numbers of this row; a metric that leaves the row out is absent.
        reference: The row's own output; "" where it has none.
    """

    task_id: str
    sample: int
    completion: str
    programming_language: str | None
    finish_reason: str | None
    counts: dict[str, tuple[float, ...]]
    reference: str = ""


def graded_score(
    task: str,
    pairs: Iterable[tuple[Problem, Completion]],
    problems: Sequence[Problem],
    executor: Executor,
    folder: Path,
    *,
    benchmark: DataEdition | None = None,
    model: str = "",
    conditions: Conditions | None = None,
    assumed: str = "",
    usage: Usage | None = None,
    seed: int = 0,
) -> Score:
    """Grade answers and write them to `answers.jsonl`.

    Args:
        task: Whose grader.
        pairs: Item and answer.
        problems: The items that were asked, each with the row it was made from.
        executor: Runs the tests of rows that have some.
        folder: Where the answers go.
        benchmark: The data; None takes the items' benchmark by name.
        model: What the score calls the model.
        conditions: What else the score depends on.
        assumed: What was guessed about the model.
        usage: What asking took.
        seed: Of the bootstrap.
    """
    given = list(pairs)
    rows = [problem.row for problem, _ in given if isinstance(problem, GradedProblem)]
    answers = [completion.text for _, completion in given]
    graded = get_task(task).grader().grade(rows, answers, executor=executor).scores
    lines: list[dict[str, Any]] = [
        {
            "task_id": completion.task_id,
            "sample": completion.sample,
            "completion": completion.text,
            "programming_language": row.programming_language,
            "finish_reason": completion.finish_reason,
            "reference": row.output,
            "counts": {
                s.metric: s.statistics.rows[place]
                for s in graded
                if s.statistics and place in s.statistics.rows
            },
        }
        for place, ((_, completion), row) in enumerate(zip(given, rows, strict=True))
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"
    write_text(folder / ANSWERS_NAME, text)
    clusters, finer_groups = shared_clusters(problems)
    tasks = [completion.task_id for _, completion in given]
    units = independent_units(tasks, clusters, finer_groups)
    metrics: dict[str, Metric] = {}
    for score in graded:
        if score.value is None or score.statistics is None:
            metrics[score.metric] = Metric(value=score.value, rows=score.rows, note=score.note)
            continue
        low, high, method = _interval(score.metric, score.value, score.statistics, units, seed)
        method = f"{method} over {units.kind}: {units.note}" if units.note else method
        metrics[score.metric] = Metric(
            value=score.value, low=low, high=high, method=method, rows=score.rows, note=score.note
        )
    groups = _groups(graded[0], tasks, problems, clusters, finer_groups, seed) if graded else {}
    answered = set(tasks)
    ends = Counter(completion.finish_reason for _, completion in given if completion.finish_reason)
    longest = max((c.completion_tokens or 0 for _, c in given if c.finish_reason == "length"), default=0)
    cut = CutAnswers(cut=ends["length"], known=ends.total(), longest=longest) if ends else None
    conditions = conditions or Conditions()
    warning = cut_warning(cut, conditions.max_new_tokens) if cut else None
    return Score(
        benchmark=benchmark or DataEdition(name=problems[0].benchmark),
        model=model,
        conditions=conditions,
        problems=len(answered),
        problems_asked=len(problems),
        samples=len(given),
        groups=groups,
        metrics=metrics,
        cut_answers=cut,
        warnings=(warning,) if warning else (),
        missing=tuple(sorted({problem.task_id for problem in problems} - answered)),
        clusters=clusters,
        finer_groups=finer_groups,
        assumed=assumed,
        usage=usage or Usage(),
    )


def _groups(
    score: TaskScore,
    tasks: Sequence[str],
    problems: Sequence[Problem],
    clusters: Mapping[str, str],
    finer_groups: Mapping[str, str],
    seed: int,
) -> dict[str, GroupRate]:
    """The leading metric of each group of some rows, but not of all: largest groups first."""
    if score.statistics is None:
        return {}
    members: defaultdict[str, list[str]] = defaultdict(list)
    for problem in problems:
        for group in problem.groups:
            members[group].append(problem.task_id)
    found: dict[str, GroupRate] = {}
    for group in sorted(members, key=lambda name: (-len(members[name]), name)):
        mine = set(members[group])
        places = [place for place in score.statistics.rows if tasks[place] in mine]
        if not _FEWEST_OF_A_GROUP <= len(places) < len(score.statistics.rows) or len(found) == _MOST_GROUPS:
            continue
        rows = dict(enumerate(score.statistics.rows[place] for place in places))
        statistics = RowStatistics(rows, score.statistics.value)
        value = statistics.value([sum(column) for column in zip(*rows.values(), strict=True)])
        if value is None:
            continue
        units = independent_units([tasks[place] for place in places], clusters, finer_groups)
        low, high, method = _interval(score.metric, value, statistics, units, seed)
        metric = Metric(value=value, low=low, high=high, method=method, rows=len(rows))
        kept = tuple(dict.fromkeys(tasks[place] for place in places))
        found[group] = GroupRate(problems=len(kept), metrics={score.metric: metric}, task_ids=kept)
    return found


def read_answers(folder: Path) -> Iterator[GradedAnswer]:
    """What `graded_score` wrote, in order.

    Raises:
        DataError: The file is not there, or damaged.
    """
    path = folder / ANSWERS_NAME
    try:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            row["counts"] = {name: tuple(counts) for name, counts in row["counts"].items()}
            yield GradedAnswer(**row)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "the graded answers can't be read",
            where=str(path),
            next_step="make the score again with codetune eval",
        ) from error


def _interval(
    metric: str, value: float, statistics: RowStatistics, units: Units, seed: int
) -> tuple[float, float, str]:
    """The 2.5th and 97.5th percentile of a metric over drawn units of rows, and how they were found."""
    names, place_of = np.unique([units.names[row] for row in statistics.rows], return_inverse=True)
    alone = len(names) == len(statistics.rows)
    if metric == "pass@1" and alone:
        found = wilson(value * len(names), len(names))
        return found.low, found.high, found.method
    numbers = np.asarray(list(statistics.rows.values()), dtype=float)
    sums = np.zeros((len(names), numbers.shape[1]))
    np.add.at(sums, place_of, numbers)
    generator = np.random.default_rng(seed)
    values: list[float] = []
    for start in range(0, RESAMPLES, _AT_A_TIME):
        drawn = generator.integers(0, len(names), (min(_AT_A_TIME, RESAMPLES - start), len(names)))
        times = np.apply_along_axis(np.bincount, 1, drawn, minlength=len(names))
        worth = (statistics.value(total) for total in (times @ sums).tolist())
        values += [one for one in worth if one is not None]
    low, high = np.quantile(values, [0.025, 0.975]) if values else (value, value)
    if low == high:
        # Every draw gave the same: the spread of equal rows says nothing, their number does.
        found = wilson(min(max(value, 0.0), 1.0) * len(names), len(names))
        return found.low, found.high, found.method
    kind = "bootstrap" if alone else "cluster bootstrap"
    return float(low), float(high), f"{kind} 95%, {RESAMPLES} draws"
