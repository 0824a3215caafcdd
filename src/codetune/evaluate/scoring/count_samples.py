"""Sample results in, a `Score` out: rates with intervals, and the denominator of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from codetune.errors import ExecutionError, UsageError
from codetune.evaluate.benchmarks.data_file import DataEdition
from codetune.evaluate.scoring.doubts import Doubts
from codetune.evaluate.scoring.run_samples import SampleResult
from codetune.evaluate.scoring.score import Conditions, GroupRate, Score, Usage
from codetune.evaluate.statistics.estimates import Estimate, bootstrap, pass_at_k, pass_hat_k, wilson
from codetune.evaluate.statistics.independent import independent_units
from codetune.records import Problem, Verdict

if TYPE_CHECKING:
    from codetune.evaluate.scoring.contamination import TrainingOverlap

__all__ = ["Tally", "count_samples", "shared_clusters", "tally"]


_MOST_HARNESS_ERRORS = 0.01
"""Of all samples; above it there is no score."""


@dataclass(slots=True)
class Tally:
    """One problem's samples.

    Attributes:
        passed: Samples that passed.
        counted: Samples with a verdict about the program; the denominator.
        lenient: Samples that passed under the lenient reading.
    """

    passed: int = 0
    counted: int = 0
    lenient: int = 0


@dataclass(slots=True)
class _Counts:
    tallies: dict[str, Tally] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    extractors: Counter[str] = field(default_factory=Counter)
    integrity: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    texts: set[tuple[str, int]] = field(default_factory=set)
    base: dict[str, Tally] = field(default_factory=dict)
    doubts: Doubts = field(default_factory=Doubts)


def tally(rows: Iterable[SampleResult]) -> dict[str, Tally]:
    """Samples passed and counted, by problem; what says nothing of the program is not counted."""
    return _count(rows).tallies


def _count(rows: Iterable[SampleResult]) -> _Counts:
    counts = _Counts()
    for row in rows:
        counts.verdicts[row.verdict.value] += 1
        counts.extractors[row.extractor] += 1
        counts.texts.add((row.task_id, hash(row.completion)))
        counts.integrity[row.integrity] += 1
        counts.tiers[row.tier or "not run"] += 1
        counts.doubts.add(row)
        mine = counts.tallies.setdefault(row.task_id, Tally())
        if row.verdict.is_about_the_program:
            mine.counted += 1
            mine.passed += row.verdict is Verdict.PASS
            mine.lenient += row.lenient_verdict is Verdict.PASS
        if row.base_verdict is not None and row.base_verdict.is_about_the_program:
            based = counts.base.setdefault(row.task_id, Tally())
            based.counted += 1
            based.passed += row.base_verdict is Verdict.PASS
    return counts


def shared_clusters(problems: Sequence[Problem]) -> tuple[dict[str, str], dict[str, str]]:
    """Task id -> cluster and task id -> finer_group, of the items that share one with another item."""
    found = []
    for name in ("cluster", "finer_group"):
        groups = {p.task_id: getattr(p, name) or p.task_id for p in problems}
        sizes = Counter(groups.values())
        found.append({task: group for task, group in groups.items() if sizes[group] > 1})
    clusters, finer_groups = found
    return clusters, finer_groups


def _check_harness_errors(verdicts: Mapping[str, int]) -> None:
    """A rate that leaves many samples out is no rate; what leaves them out is on our side."""
    failed, total = verdicts.get(Verdict.HARNESS_ERROR, 0), sum(verdicts.values())
    if failed > _MOST_HARNESS_ERRORS * total:
        raise ExecutionError(
            f"{failed} of {total} samples ended as HARNESS_ERROR, more than 1 %, so there is no rate",
            next_step="read their `detail` in verdicts/, and run the same command again",
        )


def count_samples(
    rows: Iterable[SampleResult],
    problems: Sequence[Problem],
    *,
    k: Sequence[int],
    benchmark: DataEdition | None = None,
    model: str = "",
    conditions: Conditions | None = None,
    assumed: str = "",
    usage: Usage | None = None,
    seed: int = 0,
    overlap: TrainingOverlap | None = None,
) -> Score:
    """Compute a benchmark's score.

    Args:
        rows: Every sample with its verdict.
        problems: The items that were asked.
        k: The k of pass@k.
        benchmark: The data; None takes the items' benchmark by name.
        model: What the score calls the model.
        conditions: What else the score depends on.
        assumed: What was guessed about the model.
        usage: What asking took.
        seed: Of the bootstrap.
        overlap: What a training set repeats; the score is then also given without it.

    Raises:
        UsageError: Nothing could be counted, or a k exceeds the samples of a problem.
        ExecutionError: More than 1 % of the samples ended as HARNESS_ERROR.
    """
    counts = _count(rows)
    _check_harness_errors(counts.verdicts)
    counted = {task: t for task, t in counts.tallies.items() if t.counted}
    if not counted:
        raise UsageError(
            "no sample has a verdict about its program, so there is no score",
            next_step=counts.doubts.skipped_because or None,
        )
    clusters, finer_groups = shared_clusters(problems)
    rates = _Rates(clusters, finer_groups, sorted(set(k)), seed)
    samples = sum(counts.verdicts.values())
    score = Score(
        benchmark=benchmark or DataEdition(name=problems[0].benchmark),
        model=model,
        conditions=conditions or Conditions(),
        problems=len(counted),
        problems_asked=len(problems),
        samples=samples,
        repeated_samples=samples - len(counts.texts),
        passed=sum(t.passed for t in counted.values()),
        pass_at_k=rates.pass_at_k(counted),
        lenient_pass_at_k=rates.pass_at_k(counted, lenient=True),
        pass_hat_k=rates.pass_hat_k(counted),
        base_pass_at_k=rates.pass_at_k(counts.base) if counts.base else {},
        groups=_groups(counted, problems, rates),
        cut_answers=counts.doubts.cut_answers,
        warnings=counts.doubts.warnings((conditions or Conditions()).max_new_tokens),
        verdicts=dict(counts.verdicts.most_common()),
        extractors=dict(counts.extractors.most_common()),
        integrity=dict(counts.integrity.most_common()),
        tiers=dict(counts.tiers.most_common()),
        missing=tuple(sorted({p.task_id for p in problems} - set(counted))),
        clusters=clusters,
        finer_groups=finer_groups,
        assumed=assumed,
        usage=usage or Usage(),
    )
    if overlap is None:
        return score
    clean = {task: t for task, t in counted.items() if task not in overlap.repeated}
    return replace(
        score, contamination=overlap.with_clean_rates(len(clean), rates.pass_at_k(clean) if clean else {})
    )


@dataclass(frozen=True)
class _Rates:
    """Makes rates of tallies."""

    clusters: Mapping[str, str]
    finer_groups: Mapping[str, str]
    ks: Sequence[int]
    seed: int

    def pass_at_k(self, counted: Mapping[str, Tally], *, lenient: bool = False) -> dict[int, Estimate]:
        return {k: self._estimate(counted, k, pass_at_k, lenient=lenient) for k in self.ks}

    def pass_hat_k(self, counted: Mapping[str, Tally]) -> dict[int, Estimate]:
        return {k: self._estimate(counted, k, pass_hat_k) for k in self.ks if k > 1}

    def _estimate(
        self,
        counted: Mapping[str, Tally],
        k: int,
        rate: Callable[[int, int, int], float],
        *,
        lenient: bool = False,
    ) -> Estimate:
        correct = {task: (t.lenient if lenient else t.passed) for task, t in counted.items()}
        units = independent_units(list(counted), self.clusters, self.finer_groups)
        grouped = units.kind != "problems"
        if k == 1 and not grouped and all(t.counted == 1 for t in counted.values()):
            found = wilson(sum(correct.values()), len(counted))
        else:
            values = [rate(t.counted, correct[task], k) for task, t in counted.items()]
            if len(set(values)) == 1:
                # A bootstrap of equal values is as sure as can be, of nothing: count what is independent.
                found = wilson(values[0] * units.count, units.count)
            else:
                found = bootstrap(values, units.names if grouped else None, seed=self.seed)
        return (
            replace(found, method=f"{found.method} over {units.kind}: {units.note}") if units.note else found
        )


def _groups(counted: Mapping[str, Tally], problems: Sequence[Problem], rates: _Rates) -> dict[str, GroupRate]:
    """The rates of each group that items belong to, in the order of the items."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for problem in problems:
        for group in problem.groups:
            members[group].append(problem.task_id)
    found = {}
    for group, tasks in members.items():
        mine = {task: counted[task] for task in tasks if task in counted}
        if mine:
            found[group] = GroupRate(
                problems=len(mine), pass_at_k=rates.pass_at_k(mine), task_ids=tuple(mine)
            )
    return found
