"""Base and tuned model, as the evaluate stage scored them; nothing is computed anew here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from codetune.errors import DataError
from codetune.records import Verdict
from codetune.report.numbers import number
from codetune.report.stages import StageFolder

__all__ = [
    "Attempt",
    "Comparison",
    "Difference",
    "Evaluation",
    "Score",
    "Word",
    "benchmark_title",
    "comparison_of",
    "read_evaluation",
    "score_of",
]

Word = Literal["better", "worse", "tie"]

_TITLES = {"humaneval": "HumanEval", "humaneval+": "HumanEval+", "mbpp": "MBPP", "mbpp+": "MBPP+"}
_NOT_ABOUT_THE_PROGRAM = {verdict.value for verdict in Verdict if not verdict.is_about_the_program}


@dataclass(frozen=True, slots=True)
class Score:
    """One model on one benchmark."""

    name: str
    """What the page calls it: `base` and `tuned`, or two runs' own names."""
    colour: str
    """Its class in the page's style: `base` for the first, `tuned` for the second."""
    passed: int | None
    problems: int | None
    """The rate's denominator."""
    pass_at_1: float | None
    low: float | None
    high: float | None
    verdicts: list[tuple[str, int]]
    """Verdict -> samples, passes first."""
    model: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Tuned against base, paired by problem."""

    word: Word | None
    """What may be said; None where nothing was compared."""
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    adjusted_p_value: float | None
    """Holm's correction, where several benchmarks were compared."""
    both: int | None
    base_only: int | None
    tuned_only: int | None
    neither: int | None
    smallest_detectable: float | None
    test: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One model's program for one problem."""

    verdict: str
    solution: str
    detail: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A problem that one model solved and the other did not."""

    task_id: str
    base: Attempt
    tuned: Attempt

    @property
    def gained(self) -> bool:
        """Whether the tuned model is the one that solved it."""
        return self.tuned.verdict == Verdict.PASS


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One benchmark, before and after."""

    benchmark: str
    base: Score | None
    tuned: Score | None
    comparison: Comparison | None
    differences: list[Difference]
    """Gains and losses in turn, at most as many as asked for."""
    gained: int
    lost: int

    @property
    def names(self) -> tuple[str, str]:
        """What the two models are called."""
        return (self.base.name if self.base else "base", self.tuned.name if self.tuned else "tuned")


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        plain = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DataError("the file is not JSON", where=str(path)) from error
    if not isinstance(plain, dict):
        raise DataError("the file holds no JSON object", where=str(path))
    return plain


def _read_verdicts(folder: Path) -> dict[str, dict[str, Any]]:
    """First sample of each problem: verdict, program and detail, by task id."""
    columns = ["task_id", "sample", "solution", "verdict", "detail"]
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted((folder / "verdicts").glob("part-*.parquet")):
        for row in pq.read_table(path, columns=columns).to_pylist():
            if row["sample"] == 0:
                rows[row["task_id"]] = row
    return rows


def _count_verdicts(folder: Path) -> list[tuple[str, int]]:
    found: Counter[str] = Counter()
    for path in sorted((folder / "verdicts").glob("part-*.parquet")):
        found.update(pq.read_table(path, columns=["verdict"]).column("verdict").to_pylist())
    return sorted(found.items(), key=lambda item: (item[0] != Verdict.PASS, -item[1], item[0]))


def _integer(plain: Mapping[str, Any], *path: str) -> int | None:
    value = number(plain, *path)
    return None if value is None else int(value)


def benchmark_title(name: str) -> str:
    """What people call a benchmark; a name that isn't known stands for itself."""
    return _TITLES.get(name, name)


def score_of(plain: Mapping[str, Any], colour: str, name: str, verdicts: list[tuple[str, int]]) -> Score:
    """A score as evaluation wrote it, as the page shows it."""
    model = plain.get("model")
    return Score(
        name=name,
        colour=colour,
        passed=_integer(plain, "passed"),
        problems=_integer(plain, "problems"),
        pass_at_1=number(plain, "pass_at_k", "1", "value"),
        low=number(plain, "pass_at_k", "1", "low"),
        high=number(plain, "pass_at_k", "1", "high"),
        verdicts=verdicts,
        model=model if isinstance(model, str) else None,
    )


def comparison_of(plain: Mapping[str, Any]) -> Comparison:
    """A comparison as evaluation wrote it, as the page shows it; an unknown word says nothing."""
    word = plain.get("verdict")
    return Comparison(
        word=word if word in ("better", "worse", "tie") else None,
        difference=number(plain, "difference"),
        low=number(plain, "low"),
        high=number(plain, "high"),
        p_value=number(plain, "p_value"),
        adjusted_p_value=number(plain, "adjusted_p_value"),
        both=_integer(plain, "both"),
        base_only=_integer(plain, "base_only"),
        tuned_only=_integer(plain, "tuned_only"),
        neither=_integer(plain, "neither"),
        smallest_detectable=number(plain, "smallest_detectable"),
        test=plain.get("test") if isinstance(plain.get("test"), str) else None,
    )


def _read_score(folder: Path) -> Score | None:
    plain = _read_json(folder / "score.json")
    return None if plain is None else score_of(plain, folder.name, folder.name, _count_verdicts(folder))


def _read_comparison(folder: Path) -> Comparison | None:
    plain = _read_json(folder / "comparison.json")
    return None if plain is None else comparison_of(plain)


def _attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(verdict=row["verdict"], solution=row["solution"] or "", detail=row["detail"] or "")


def _differences(base: Mapping[str, Any], tuned: Mapping[str, Any]) -> list[Difference]:
    """Problems one alone solved; a sample that was not judged says nothing and is left out."""
    return [
        Difference(task_id, _attempt(row), _attempt(tuned[task_id]))
        for task_id, row in base.items()
        if task_id in tuned
        and not {row["verdict"], tuned[task_id]["verdict"]} & _NOT_ABOUT_THE_PROGRAM
        and (row["verdict"] == Verdict.PASS) != (tuned[task_id]["verdict"] == Verdict.PASS)
    ]


def _in_turn(found: Sequence[Difference], limit: int) -> list[Difference]:
    """Gains and losses alternate, so that a short list doesn't flatter either model."""
    gains = [d for d in found if d.gained]
    losses = [d for d in found if not d.gained]
    taken: list[Difference] = []
    while len(taken) < limit and (gains or losses):
        for side in (gains, losses):
            if side and len(taken) < limit:
                taken.append(side.pop(0))
    return taken


def read_evaluation(stage: StageFolder, differences: int) -> Evaluation:
    """Read an evaluate stage's folder.

    Args:
        stage: The finished stage.
        differences: Most problems to show where the models differ.

    Raises:
        DataError: A file of it is not what it has to be.
    """
    base, tuned = stage.folder / "base", stage.folder / "tuned"
    found = _differences(_read_verdicts(base), _read_verdicts(tuned))
    named = str(stage.card.plan.config.get("benchmark") or stage.folder.name)
    gained = sum(difference.gained for difference in found)
    return Evaluation(
        benchmark=benchmark_title(named),
        base=_read_score(base),
        tuned=_read_score(tuned),
        comparison=_read_comparison(stage.folder),
        differences=_in_turn(found, differences),
        gained=gained,
        lost=len(found) - gained,
    )
