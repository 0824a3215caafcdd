"""Two runs on the same problems, paired: who is better, or a tie, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from codetune.errors import DataError, UsageError
from codetune.evaluate.scoring.count_samples import Tally, tally
from codetune.evaluate.scoring.score import SCORE_NAME, Score, read_score
from codetune.evaluate.scoring.verdict_table import read_verdicts
from codetune.evaluate.statistics.breakdown import change_by_group, pass_at_k_curve
from codetune.evaluate.statistics.comparison import (
    Comparison,
    ComparisonSet,
    word_for,
)
from codetune.evaluate.statistics.conditions import differing_conditions
from codetune.evaluate.statistics.estimates import pass_at_k, pass_hat_k
from codetune.evaluate.statistics.independent import independent_units
from codetune.evaluate.statistics.paired import (
    binary_interval,
    holm,
    mcnemar,
    paired_interval,
    sign_flip,
    smallest_detectable,
)

__all__ = ["METRICS", "compare_folders", "compare_scores", "compare_tallies", "scores_of"]

METRICS: Mapping[str, Callable[[int, int, int], float]] = {"pass@": pass_at_k, "pass^": pass_hat_k}
_DEFAULT_METRIC = "pass@1"


def compare_tallies(
    first: Mapping[str, Tally],
    second: Mapping[str, Tally],
    *,
    metric: str = _DEFAULT_METRIC,
    clusters: Mapping[str, str] | None = None,
    finer_groups: Mapping[str, str] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Comparison:
    """Compare two runs on the problems that both have.

    Args:
        first: Problem -> samples of the run compared against.
        second: The same of the other run.
        metric: `pass@k` or `pass^k` of each problem is what is compared.
        clusters: Problem -> its cluster, for problems that share one (a statement in several
            languages, two phrasings of one task): clusters are what is independent then.
        finer_groups: Problem -> its finer group, taken where there are fewer than ten clusters. Without
            it the problems of a cluster are variants of one, and clusters count however few they are.
        groups: Group -> its problems, which are also compared alone.

    Raises:
        DataError: Too few problems are shared.
        UsageError: An unknown metric, or its k exceeds the samples of a problem.
    """
    shared = [t for t, mine in first.items() if mine.counted and t in second and second[t].counted]
    if len(shared) < 2:
        raise DataError(
            f"the two runs share {len(shared)} counted problems, too few to compare",
            next_step="give two runs of the same benchmark",
        )
    rate, k = _metric(metric)
    before = [rate(first[t].counted, first[t].passed, k) for t in shared]
    after = [rate(second[t].counted, second[t].passed, k) for t in shared]
    names, note = [(clusters or {}).get(task, task) for task in shared], ""
    if finer_groups:
        units = independent_units(shared, clusters or {}, finer_groups)
        names, note = units.names, units.note
    grouped: dict[str, list[float]] = defaultdict(list)
    for name, one, other in zip(names, before, after, strict=True):
        grouped[name].append(other - one)
    if len(grouped) < 2:
        raise DataError(f"the {len(shared)} shared problems are variants of one, too few to compare")
    independent = len(grouped) == len(shared)
    single = all(first[t].counted == 1 and second[t].counted == 1 for t in shared)
    first_only = sum(a > b for a, b in zip(before, after, strict=True))
    second_only = sum(b > a for a, b in zip(before, after, strict=True))
    # A cluster counts once, by its sum, so that the mean stays that of the problems.
    sums = [sum(group) * len(grouped) / len(shared) for group in grouped.values()]
    if single and independent:
        test = mcnemar(first_only, second_only)
        mean = (second_only - first_only) / len(shared)
        low, high = binary_interval(first_only, second_only, len(shared))
    else:
        test = sign_flip(sums)
        mean, low, high = paired_interval(sums)
    return Comparison(
        verdict=word_for(mean, test.p_value),
        metric=metric,
        difference=mean,
        low=low,
        high=high,
        p_value=test.p_value,
        test=test.test if independent else f"{test.test} over clusters",
        problems=len(shared),
        clusters=len(grouped),
        left_out=len({*first, *second}) - len(shared),
        first_only=first_only,
        second_only=second_only,
        both=sum(a == 1 and b == 1 for a, b in zip(before, after, strict=True)),
        neither=sum(a == 0 and b == 0 for a, b in zip(before, after, strict=True)),
        smallest_detectable=smallest_detectable(sums),
        note=note,
        first_value=fmean(before),
        second_value=fmean(after),
        groups=change_by_group(dict(zip(shared, zip(before, after, strict=True), strict=True)), groups or {}),
        curve=pass_at_k_curve(first, second, shared, names if len(grouped) < len(shared) else None),
    )


def _metric(name: str) -> tuple[Callable[[int, int, int], float], int]:
    kind, number = name[:5], name[5:]
    if kind not in METRICS or not number.isdecimal() or int(number) < 1:
        raise UsageError(f"there is no metric {name!r}", next_step="write for example pass@1 or pass^4")
    return METRICS[kind], int(number)


def compare_folders(first: Path, second: Path, *, metric: str | None = None) -> ComparisonSet:
    """Compare two scores, or two folders of scores benchmark by benchmark.

    With several benchmarks or metrics each p-value is adjusted by Holm's correction (`adjusted_p_value`),
    and decides so: who looks often enough finds a difference by chance.

    Args:
        first: Folder with `score.json` and `verdicts/` (or `answers.jsonl`), or of such folders.
        second: Another of the same kind.
        metric: `pass@k` or `pass^k`, or a metric of a task's grader; None takes pass@1, and the first
            of a task's metrics.

    Raises:
        DataError: A folder holds no score, or they share no benchmark.
        UsageError: A score has no such metric.
    """
    first, second = (path.parent if path.name == SCORE_NAME else path for path in (first, second))
    mine, theirs = scores_of(first), scores_of(second)
    shared = [name for name in mine if name in theirs]
    alone = sorted({*mine, *theirs} - set(shared))
    if not shared:
        raise DataError(
            f"the runs are of different benchmarks, {', '.join(mine)} and {', '.join(theirs)}",
            next_step="give two runs of the same one",
        )
    found = [compare_scores([(mine[name], theirs[name])], metric=metric) for name in shared]
    return ComparisonSet(_corrected(found), tuple(alone))


def _corrected(found: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Every metric of every benchmark is one family; the words follow the adjusted p-values."""
    p_values = {(one.benchmark, one.metric): one.p_value for one in found}
    p_values |= {(one.benchmark, other.metric): other.p_value for one in found for other in one.others}
    if len(p_values) < 2:
        return tuple(found)
    adjusted = holm(p_values)

    def words(difference: float, key: tuple[str, str]) -> dict[str, Any]:
        return {"adjusted_p_value": adjusted[key], "verdict": word_for(difference, adjusted[key])}

    return tuple(
        replace(
            one,
            **words(one.difference, (one.benchmark, one.metric)),
            others=tuple(
                replace(other, **words(other.difference, (one.benchmark, other.metric)))
                for other in one.others
            ),
        )
        for one in found
    )


def compare_scores(pairs: Sequence[tuple[Path, Path]], *, metric: str | None = None) -> Comparison:
    """Compare two scores of one benchmark, or several pairs of them made with different seeds.

    Pairs are put together item by item: the answers of each seed count as further samples of the item, and
    an item of one seed alone is paired with the same item of that seed.

    Args:
        pairs: Folders of (a score compared against, another) of one benchmark; at least one pair.
        metric: As for `compare_folders`.

    Raises:
        DataError: A folder holds no score, or too few items are shared.
        UsageError: A score has no such metric.
    """
    read = [(_own_score(first), _own_score(second)) for first, second in pairs]
    clusters: dict[str, str] = {}
    finer_groups: dict[str, str] = {}
    for score in (score for pair in read for score in pair):
        clusters.update(score.clusters)
        finer_groups.update(score.finer_groups)
    score, other = read[0]
    groups = {name: rate.task_ids for name, rate in score.groups.items() if rate.task_ids}
    if score.metrics or other.metrics:
        # Graders parse code, and are loaded only here.
        from codetune.evaluate.statistics.compare_answers import compare_answers

        compared = compare_answers(
            pairs, metric=metric, clusters=clusters, finer_groups=finer_groups, groups=groups
        )
    else:
        compared = compare_tallies(
            *_tallied(pairs),
            metric=metric or _DEFAULT_METRIC,
            clusters=clusters,
            finer_groups=finer_groups,
            groups=groups,
        )
    return replace(
        compared,
        benchmark=score.benchmark.name,
        first=str(pairs[0][0]),
        second=str(pairs[0][1]),
        differing=differing_conditions(score, other),
    )


def _own_score(folder: Path) -> Score:
    score = read_score(folder)
    if score is None:
        raise _no_score(folder)
    return score


def _tallied(pairs: Sequence[tuple[Path, Path]]) -> tuple[dict[str, Tally], dict[str, Tally]]:
    """Samples of all pairs, added up by problem where both sides of a pair have it."""
    sums: tuple[dict[str, Tally], dict[str, Tally]] = ({}, {})
    alone: tuple[dict[str, Tally], dict[str, Tally]] = ({}, {})
    for pair in pairs:
        sides = [tally(read_verdicts(folder)) for folder in pair]
        shared = {task for task, mine in sides[0].items() if mine.counted and task in sides[1]}
        shared = {task for task in shared if sides[1][task].counted}
        for side, total, rest in zip(sides, sums, alone, strict=True):
            for task, mine in side.items():
                into = (total if task in shared else rest).setdefault(task, Tally())
                into.passed, into.counted = into.passed + mine.passed, into.counted + mine.counted
    return {**alone[0], **sums[0]}, {**alone[1], **sums[1]}


def scores_of(folder: Path) -> dict[str, Path]:
    """Benchmark -> folder of its score: this folder, or those in it.

    Raises:
        DataError: No score there, or two of one benchmark.
    """
    own = read_score(folder)
    if own is not None:
        return {own.benchmark.name: folder}
    found: dict[str, Path] = {}
    for path in sorted(path.parent for path in folder.glob("*/score.json")):
        score = read_score(path)
        assert score is not None
        name = score.benchmark.name
        if name in found:
            raise DataError(
                f"the folder holds two scores of {name}, {found[name].name} and {path.name}",
                where=str(folder),
                next_step="name one of them, or keep one score of each benchmark in the folder",
            )
        found[name] = path
    if not found:
        raise _no_score(folder)
    return found


def _no_score(folder: Path) -> DataError:
    deeper = (f"*/*/{SCORE_NAME}", f"*/*/*/{SCORE_NAME}")  # of an evaluate step, of a whole run
    inside = next((path.parents[1] for pattern in deeper for path in sorted(folder.glob(pattern))), None)
    step = f"name a folder in it, such as {inside}" if inside else "make one with codetune eval or score"
    return DataError("this folder holds no score", where=str(folder), next_step=step)
