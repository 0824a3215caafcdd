"""Two runs on the same problems, paired: who is better, or a tie, and how sure that is."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from codetune.errors import DataError, UsageError
from codetune.evaluate.scoring.score import Tally, tally
from codetune.evaluate.scoring.verdict_table import read_verdicts
from codetune.evaluate.statistics.estimates import pass_at_k, pass_hat_k
from codetune.evaluate.statistics.paired import (
    PairedTest,
    holm,
    mcnemar,
    paired_interval,
    sign_flip,
    smallest_detectable,
)

__all__ = ["LEVEL", "METRICS", "compare_folders", "compare_tallies"]

LEVEL = 0.05
"""Two-sided; above it the word is "tie"."""
METRICS: Mapping[str, Callable[[int, int, int], float]] = {"pass@": pass_at_k, "pass^": pass_hat_k}


def compare_tallies(
    first: Mapping[str, Tally],
    second: Mapping[str, Tally],
    *,
    metric: str = "pass@1",
    clusters: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Compare two runs on the problems that both have.

    Args:
        first: Problem -> samples of the run compared against.
        second: The same of the other run.
        metric: `pass@k` or `pass^k` of each problem is what is compared.
        clusters: Problem -> its cluster, for problems that share one (a statement in several
            languages, two wordings of one task): clusters are what is independent then.

    Returns:
        Plain data: `verdict` (`better`, `worse` or `tie`, of the second), `metric`, `difference` of
        its mean with an interval, `p_value` and `test`, how many problems both, one or none solved,
        `smallest_detectable`, `problems` (shared), `clusters` (independent ones among them) and
        `left_out` (in one run only).

    Raises:
        DataError: Too few problems are shared.
        UsageError: An unknown metric, or its k exceeds the samples of a problem.
    """
    shared = [t for t, mine in first.items() if mine.judged and t in second and second[t].judged]
    if len(shared) < 2:
        raise DataError(
            f"the two runs share {len(shared)} judged problems, too few to compare",
            next_step="give two runs of the same benchmark",
        )
    rate, k = _metric(metric)
    before = [rate(first[t].judged, first[t].passed, k) for t in shared]
    after = [rate(second[t].judged, second[t].passed, k) for t in shared]
    differences = [b - a for a, b in zip(before, after, strict=True)]
    grouped: dict[str, list[float]] = defaultdict(list)
    for task, difference in zip(shared, differences, strict=True):
        grouped[(clusters or {}).get(task, task)].append(difference)
    independent = len(grouped) == len(shared)
    single = all(first[t].judged == 1 and second[t].judged == 1 for t in shared)
    first_only = sum(a > b for a, b in zip(before, after, strict=True))
    second_only = sum(b > a for a, b in zip(before, after, strict=True))
    # A cluster counts once, by its sum, so that the mean stays that of the problems.
    sums = [sum(group) * len(grouped) / len(shared) for group in grouped.values()]
    if len(sums) < 2:
        raise DataError(f"the {len(shared)} shared problems are variants of one, too few to compare")
    test = _test(sums, first_only, second_only, exact_counts=single and independent)
    mean, low, high = paired_interval(sums)
    return {
        "verdict": _word(mean, test.p_value),
        "metric": metric,
        "difference": mean,
        "low": low,
        "high": high,
        "p_value": test.p_value,
        "test": test.test if independent else f"{test.test} over clusters",
        "problems": len(shared),
        "clusters": len(grouped),
        "left_out": len({*first, *second}) - len(shared),
        "both": sum(a == 1 and b == 1 for a, b in zip(before, after, strict=True)),
        "base_only": first_only,
        "tuned_only": second_only,
        "neither": sum(a == 0 and b == 0 for a, b in zip(before, after, strict=True)),
        "smallest_detectable": smallest_detectable(sums),
    }


def _metric(name: str) -> tuple[Callable[[int, int, int], float], int]:
    kind, number = name[:5], name[5:]
    if kind not in METRICS or not number.isdecimal() or int(number) < 1:
        raise UsageError(f"there is no metric {name!r}", next_step="write for example pass@1 or pass^4")
    return METRICS[kind], int(number)


def _test(sums: Sequence[float], first_only: int, second_only: int, *, exact_counts: bool) -> PairedTest:
    return mcnemar(first_only, second_only) if exact_counts else sign_flip(sums)


def _word(mean: float, p_value: float) -> str:
    return ("better" if mean > 0 else "worse") if p_value < LEVEL else "tie"


def compare_folders(first: Path, second: Path, *, metric: str = "pass@1") -> dict[str, Any]:
    """Compare two scores, or two folders of scores benchmark by benchmark.

    With several benchmarks each p-value is adjusted by Holm's correction (`adjusted_p_value`), and
    decides so: who looks often enough finds a difference by chance.

    Args:
        first: Folder with `score.json` and `verdicts/`, or of such folders.
        second: Another of the same kind.
        metric: `pass@k` or `pass^k`.

    Returns:
        As `compare_tallies`, with `benchmark`, `first` and `second`; for folders of scores a list
        of these under `benchmarks`, and `unpaired`, the benchmarks that one side alone has.

    Raises:
        DataError: A folder holds no score, or they share no benchmark.
    """
    mine, theirs = _scores(first), _scores(second)
    shared = [name for name in mine if name in theirs]
    alone = sorted({*mine, *theirs} - set(shared))
    if not shared:
        raise DataError(
            f"the runs are of different benchmarks, {', '.join(mine)} and {', '.join(theirs)}",
            next_step="give two runs of the same one",
        )
    found = [_compared(name, mine[name], theirs[name], metric) for name in shared]
    if len(found) == 1 and not alone:
        return found[0]
    adjusted = holm({one["benchmark"]: one["p_value"] for one in found})
    for one in found:
        one["adjusted_p_value"] = adjusted[one["benchmark"]]
        one["verdict"] = _word(one["difference"], one["adjusted_p_value"])
    return {"benchmarks": found, "unpaired": alone}


def _compared(name: str, first: Path, second: Path, metric: str) -> dict[str, Any]:
    clusters = {**_score(first).get("clusters", {}), **_score(second).get("clusters", {})}
    compared = compare_tallies(
        tally(read_verdicts(first)), tally(read_verdicts(second)), metric=metric, clusters=clusters
    )
    return {"benchmark": name, "first": str(first), "second": str(second), **compared}


def _scores(folder: Path) -> dict[str, Path]:
    """Benchmark -> folder of its score: this one, or those in it."""
    if (folder / "score.json").is_file():
        return {_name(folder): folder}
    inside = [path.parent for path in sorted(folder.glob("*/score.json"))]
    if not inside:
        raise DataError(
            "this folder holds no score", where=str(folder), next_step="make one with codetune eval or score"
        )
    found: dict[str, Path] = {}
    for path in inside:
        name = _name(path)
        if name in found:
            raise DataError(
                f"the folder holds two scores of {name}, {found[name].name} and {path.name}",
                where=str(folder),
                next_step="name one of them, or keep one score of each benchmark in the folder",
            )
        found[name] = path
    return found


def _name(folder: Path) -> str:
    return str(_score(folder).get("benchmark", {}).get("name", ""))


def _score(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "score.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            "the score can't be read", where=str(folder / "score.json"), next_step="score the samples again"
        ) from error
    return found
