"""Two models on one benchmark, as evaluation scored them; nothing is computed again here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from codetune.errors import DataError
from codetune.evaluate.benchmarks.registry import BENCHMARKS
from codetune.evaluate.scoring.score import Score, read_score
from codetune.evaluate.statistics.comparison import Comparison
from codetune.evaluate.statistics.estimates import Estimate
from codetune.records import Verdict
from codetune.report.sections.differences import Difference, in_turn, read_differences
from codetune.report.sections.stages import StageFolder

__all__ = ["Evaluation", "ModelScore", "Rate", "read_evaluations", "read_pair"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate or a task's metric with its interval, fractions in [0, 1]."""

    label: str
    """E.g. `pass@1`."""
    value: float | None
    low: float | None
    high: float | None
    method: str
    """How the interval was made."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ModelScore:
    """One model on one benchmark, and how the page tells it apart."""

    name: str
    """What the page calls it: `base` and `tuned`, or two runs' own names."""
    colour: str
    """Its class in the page's style: `base` for the first, `tuned` for the second."""
    score: Score

    @property
    def rates(self) -> list[Rate]:
        """pass@k for each k, the smallest first; of graded answers the task's metrics, its first one first."""
        if self.score.metrics:
            return [
                Rate(name, m.value, m.low, m.high, m.method, m.note) for name, m in self.score.metrics.items()
            ]
        return [_rate(f"pass@{k}", self.score.pass_at_k[k]) for k in sorted(self.score.pass_at_k)]

    @property
    def leading(self) -> Rate:
        """pass@1, or the first metric; empty where there is neither."""
        return next(iter(self.rates), Rate("pass@1", None, None, None, ""))

    @property
    def lenient(self) -> Rate | None:
        """pass@1 when every answer is read as kindly as can be; None where answers are graded."""
        found = self.score.lenient_pass_at_k.get(1)
        return None if found is None else _rate("pass@1", found)

    @property
    def verdicts(self) -> list[tuple[str, int]]:
        """Verdict -> samples, passes first."""
        return sorted(
            self.score.verdicts.items(), key=lambda item: (item[0] != Verdict.PASS, -item[1], item[0])
        )

    @property
    def unsandboxed(self) -> int:
        """Samples that were run without any isolation."""
        return self.score.tiers.get("none", 0)


def _rate(label: str, found: Estimate) -> Rate:
    return Rate(label, found.value, found.low, found.high, found.method)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One benchmark, two models."""

    benchmark: str
    edition: str
    """Edition and licence of the benchmark's data, as the score recorded them; "" where it did not."""
    base: ModelScore | None
    tuned: ModelScore | None
    comparison: Comparison | None
    differences: list[Difference]
    """Gains and losses in turn, at most as many as asked for."""
    gained: int
    lost: int
    folders: tuple[Path, Path] | None = None
    """Where the two scores lie."""

    @property
    def is_task(self) -> bool:
        """Whether it is a task on rows of one's own, measured or not."""
        return self.benchmark.startswith("rows of your own: ") or self.is_graded

    @property
    def is_graded(self) -> bool:
        """Whether answers were graded against references, rather than executed."""
        return any(shown is not None and bool(shown.score.metrics) for shown in (self.base, self.tuned))

    @property
    def names(self) -> tuple[str, str]:
        """What the two models are called."""
        return (self.base.name if self.base else "base", self.tuned.name if self.tuned else "tuned")

    @property
    def metric(self) -> str:
        """What leads: pass@1, or a task's first metric."""
        shown = self.tuned or self.base
        return shown.leading.label if shown else "pass@1"


def read_pair(
    folders: tuple[Path, Path],
    names: tuple[str, str],
    *,
    comparison: Comparison | None,
    benchmark: str = "",
    prompts: Path | None = None,
    differences: int = 0,
) -> Evaluation:
    """Read two folders of one benchmark.

    Args:
        folders: Each with `score.json` and `verdicts/`, where there is one.
        names: What the page calls them.
        comparison: What comparing them came to.
        benchmark: Its name, where it was left out and neither folder has a score.
        prompts: `prompts.jsonl`, for the problems where they differ.
        differences: Most of those to keep.

    Raises:
        DataError: A file is not what it has to be.
    """
    first, second = (
        None if score is None else ModelScore(name, colour, score)
        for score, name, colour in zip(map(read_score, folders), names, ("base", "tuned"), strict=True)
    )
    found = read_differences(*folders, prompts)
    gained = sum(difference.gained for difference in found)
    shown = first or second
    name = shown.score.benchmark.name if shown else comparison.benchmark if comparison else benchmark
    about = (shown.score.benchmark.edition, shown.score.benchmark.licence) if shown else ()
    return Evaluation(
        benchmark=BENCHMARKS[name].title if name in BENCHMARKS else name,
        edition=", ".join(part for part in about if part),
        base=first,
        tuned=second,
        comparison=comparison,
        differences=in_turn(found, differences),
        gained=gained,
        lost=len(found) - gained,
        folders=folders,
    )


def read_evaluations(stage: StageFolder, differences: int) -> list[Evaluation]:
    """Read an evaluate stage's folder, benchmark by benchmark in the order they were asked.

    Args:
        stage: The finished stage.
        differences: Most problems to keep where the models differ, of each benchmark.

    Raises:
        DataError: A file of it is not what it has to be.
    """
    comparisons = {one.benchmark: one for one in _comparisons(stage.folder / "comparison.json")}
    names = [str(name) for name in stage.card.plan.config.get("benchmarks", ())]
    found = []
    for name in names:
        folder = name.replace(":", "-")
        pair = (stage.folder / "base" / folder, stage.folder / "tuned" / folder)
        found.append(
            read_pair(
                pair,
                ("base", "tuned"),
                comparison=comparisons.get(name),
                benchmark=name,
                prompts=pair[1] / "prompts.jsonl",
                differences=differences,
            )
        )
    return found


def _comparisons(path: Path) -> list[Comparison]:
    try:
        plain = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise DataError("the file is not JSON", where=str(path)) from error
    if not isinstance(plain, Mapping) or not isinstance(plain.get("comparisons"), list):
        raise DataError("the file holds no JSON object of comparisons", where=str(path))
    return [Comparison.from_json(one, where=str(path)) for one in plain["comparisons"]]
