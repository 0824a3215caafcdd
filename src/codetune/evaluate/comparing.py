"""Two runs on the same problems, paired: who is better, or a tie, and how sure that is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codetune.errors import DataError
from codetune.evaluate.judge import read_verdicts
from codetune.evaluate.paired import mcnemar, paired_interval, sign_flip, smallest_detectable
from codetune.evaluate.scoring import Tally, tally

__all__ = ["LEVEL", "compare_folders", "compare_tallies"]

LEVEL = 0.05
"""Two-sided; above it the word is "tie"."""


def compare_tallies(first: Mapping[str, Tally], second: Mapping[str, Tally]) -> dict[str, Any]:
    """Compare two runs on the problems that both have.

    Args:
        first: Problem -> samples of the run compared against.
        second: The same of the other run.

    Returns:
        Plain data: `verdict` (`better`, `worse` or `tie`, of the second), `difference` of mean
        pass@1 with its interval, `p_value` and `test`, how many problems both, one or none
        solved, `smallest_detectable`, `problems` (shared) and `left_out` (in one run only).

    Raises:
        DataError: No problems are shared.
    """
    shared = [t for t, mine in first.items() if mine.judged and t in second and second[t].judged]
    if len(shared) < 2:
        raise DataError(
            f"the two runs share {len(shared)} judged problems, too few to compare",
            next_step="give two runs of the same benchmark",
        )
    before = [first[t].passed / first[t].judged for t in shared]
    after = [second[t].passed / second[t].judged for t in shared]
    differences = [b - a for a, b in zip(before, after, strict=True)]
    single = all(first[t].judged == 1 and second[t].judged == 1 for t in shared)
    both = sum(a == 1 and b == 1 for a, b in zip(before, after, strict=True))
    first_only = sum(a > b for a, b in zip(before, after, strict=True))
    second_only = sum(b > a for a, b in zip(before, after, strict=True))
    neither = sum(a == 0 and b == 0 for a, b in zip(before, after, strict=True))
    test = mcnemar(first_only, second_only) if single else sign_flip(differences)
    mean, low, high = paired_interval(differences)
    decided = test.p_value < LEVEL
    return {
        "verdict": ("better" if mean > 0 else "worse") if decided else "tie",
        "difference": mean,
        "low": low,
        "high": high,
        "p_value": test.p_value,
        "test": test.test,
        "problems": len(shared),
        "left_out": len({*first, *second}) - len(shared),
        "both": both,
        "base_only": first_only,
        "tuned_only": second_only,
        "neither": neither,
        "smallest_detectable": smallest_detectable(differences),
    }


def compare_folders(first: Path, second: Path) -> dict[str, Any]:
    """Compare two folders that hold `score.json` and `verdicts/`.

    Raises:
        DataError: A folder holds no score, or they are of different benchmarks.
    """
    names = [_benchmark(folder) for folder in (first, second)]
    if names[0] != names[1]:
        raise DataError(
            f"the runs are of different benchmarks, {names[0]} and {names[1]}",
            next_step="give two runs of the same one",
        )
    compared = compare_tallies(tally(read_verdicts(first)), tally(read_verdicts(second)))
    return {"benchmark": names[0], "first": str(first), "second": str(second), **compared}


def _benchmark(folder: Path) -> str:
    try:
        score = json.loads((folder / "score.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            "this folder holds no score", where=str(folder), next_step="make one with codetune eval or score"
        ) from error
    return str(score.get("benchmark", {}).get("name", ""))
