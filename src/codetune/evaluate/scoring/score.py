"""Verdicts in, `score.json` out: rates with intervals and the denominator of each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codetune.errors import UsageError
from codetune.evaluate.scoring.group_rates import by_group
from codetune.evaluate.scoring.run_samples import SampleResult
from codetune.evaluate.statistics.estimates import Estimate, bootstrap, pass_at_k, pass_hat_k, wilson
from codetune.records import Problem, Verdict
from codetune.store.atomic import write_text

if TYPE_CHECKING:
    from codetune.evaluate.scoring.contamination import TrainingOverlap

__all__ = ["Tally", "score_of", "tally", "write_score"]


@dataclass(slots=True)
class Tally:
    """One problem's samples.

    Attributes:
        passed: Samples that passed.
        judged: Samples with a verdict about the program; the denominator.
        lenient: Samples that passed under the lenient reading.
    """

    passed: int = 0
    judged: int = 0
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


def tally(rows: Iterable[SampleResult]) -> dict[str, Tally]:
    """Samples passed and judged, by problem; what says nothing of the program is not counted."""
    return _count(rows).tallies


def _count(rows: Iterable[SampleResult]) -> _Counts:
    counts = _Counts()
    for row in rows:
        counts.verdicts[row.verdict.value] += 1
        counts.extractors[row.extractor] += 1
        counts.texts.add((row.task_id, hash(row.completion)))
        counts.integrity[row.integrity] += 1
        counts.tiers[row.tier or "not run"] += 1
        mine = counts.tallies.setdefault(row.task_id, Tally())
        if row.verdict.is_about_the_program:
            mine.judged += 1
            mine.passed += row.verdict is Verdict.PASS
            mine.lenient += row.lenient_verdict is Verdict.PASS
        if row.base_verdict is not None and row.base_verdict.is_about_the_program:
            based = counts.base.setdefault(row.task_id, Tally())
            based.judged += 1
            based.passed += row.base_verdict is Verdict.PASS
    return counts


def score_of(
    rows: Iterable[SampleResult],
    problems: Sequence[Problem],
    *,
    k: Sequence[int],
    seed: int = 0,
    overlap: TrainingOverlap | None = None,
) -> dict[str, Any]:
    """Compute a benchmark's score.

    Args:
        rows: Every sample with its verdict.
        problems: The items that were asked.
        k: The k of pass@k.
        seed: Of the bootstrap.
        overlap: What a training set repeats; the score is then also given without it.

    Returns:
        Plain data: `problems` (the denominator), `passed` (samples that passed), `repeated_samples`
        (equal to an earlier one of the same problem), `pass_at_k` with
        interval for each k, `pass_hat_k` (all of k samples right) where k exceeds 1, the score under
        the lenient reading, counts of verdicts, extractors, integrity and tiers, `clusters` of the
        problems that share one, `base` (the rates on the base tests alone) and `groups` (those of
        each group of items) where the benchmark has them, and `contamination` where a training set
        was given.

    Raises:
        UsageError: Nothing could be judged, or a k exceeds the samples of a problem.
    """
    counts = _count(rows)
    judged = {task: t for task, t in counts.tallies.items() if t.judged}
    if not judged:
        raise UsageError("no sample has a verdict about its program, so there is no score")
    clusters = {problem.task_id: problem.cluster or problem.task_id for problem in problems}
    sizes = Counter(clusters.values())
    score = {
        "problems": len(judged),
        "problems_asked": len(problems),
        "samples": sum(counts.verdicts.values()),
        "repeated_samples": sum(counts.verdicts.values()) - len(counts.texts),
        "passed": sum(t.passed for t in judged.values()),
        **_rates(judged, clusters, k, seed),
        "verdicts": dict(counts.verdicts.most_common()),
        "extractors": dict(counts.extractors.most_common()),
        "integrity": dict(counts.integrity.most_common()),
        "tiers": dict(counts.tiers.most_common()),
        "missing": sorted({p.task_id for p in problems} - set(judged)),
        "clusters": {task: cluster for task, cluster in clusters.items() if sizes[cluster] > 1},
    }
    if counts.base:
        score["base"] = {"pass_at_k": _rates(counts.base, clusters, k, seed)["pass_at_k"]}
    if groups := by_group(judged, problems, lambda mine: _rates(mine, clusters, k, seed)):
        score["groups"] = groups
    if overlap is not None:
        clean = {task: t for task, t in judged.items() if task not in overlap.repeated}
        score["contamination"] = {
            **overlap.as_plain(),
            "clean_problems": len(clean),
            "clean": _rates(clean, clusters, k, seed) if clean else None,
        }
    return score


def _rates(
    judged: Mapping[str, Tally], clusters: Mapping[str, str], k: Sequence[int], seed: int
) -> dict[str, dict[str, Any]]:
    """pass@k for each k, under both readings, and pass^k where k is above 1."""
    each = sorted(set(k))
    return {
        "pass_at_k": {str(n): asdict(_estimate(judged, clusters, n, seed)) for n in each},
        "lenient_pass_at_k": {
            str(n): asdict(_estimate(judged, clusters, n, seed, lenient=True)) for n in each
        },
        "pass_hat_k": {
            str(n): asdict(_estimate(judged, clusters, n, seed, rate=pass_hat_k)) for n in each if n > 1
        },
    }


def _estimate(
    judged: Mapping[str, Tally],
    clusters: Mapping[str, str],
    k: int,
    seed: int,
    *,
    lenient: bool = False,
    rate: Callable[[int, int, int], float] = pass_at_k,
) -> Estimate:
    correct = {task: (t.lenient if lenient else t.passed) for task, t in judged.items()}
    names = [clusters.get(task, task) for task in judged]
    shared = len(set(names)) < len(names)
    if k == 1 and not shared and all(t.judged == 1 for t in judged.values()):
        return wilson(sum(correct.values()), len(judged))
    values = [rate(t.judged, correct[task], k) for task, t in judged.items()]
    if len(set(values)) == 1 and values[0] in (0.0, 1.0):
        # A bootstrap of equal values is as sure as can be, of nothing: count what is independent.
        groups = len(set(names))
        return wilson(groups if values[0] else 0, groups)
    return bootstrap(values, names if shared else None, seed=seed)


def write_score(folder: Path, score: Mapping[str, Any]) -> None:
    """Write `score.json`."""
    write_text(folder / "score.json", json.dumps(score, indent=2, ensure_ascii=False) + "\n")
