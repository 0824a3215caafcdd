"""What comparing two scores says, as one type that is written and read by nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from codetune.errors import DataError
from codetune.evaluate.statistics.estimates import Estimate

__all__ = ["LEVEL", "Comparison", "ComparisonSet", "CurvePoint", "GroupChange", "MeasureChange", "word_for"]

LEVEL = 0.05
"""Two-sided; above it the word is "tie"."""
_LEAST_GAIN, _ASSUMED_GAIN = 0.005, 0.05
Word = Literal["better", "worse", "tie"]


def word_for(difference: float, p_value: float) -> Word:
    """What may be said of the second run."""
    if p_value >= LEVEL:
        return "tie"
    return "better" if difference > 0 else "worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureChange:
    """Another metric of the same answers, paired as the leading one is. Fractions."""

    verdict: Word
    metric: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    p_value: float
    test: str
    problems: int
    smallest_detectable: float
    adjusted_p_value: float | None = None
    """Holm's correction over all that was compared together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """The problems of one group alone. No test is made: who looks at every group finds one by chance."""

    problems: int
    first: float
    second: float
    difference: float
    low: float | None
    """None where the group is too small for an interval."""
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """pass@k of both runs for one k."""

    k: int
    first: Estimate
    second: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The second run against the first, paired by problem. Differences are fractions in [-1, 1]."""

    verdict: Word
    """What may be said of the second run."""
    metric: str
    """`pass@1`, or the name of a task's metric."""
    difference: float
    low: float
    high: float
    p_value: float
    test: str
    problems: int
    """Problems (or rows) that both runs have; the denominator."""
    clusters: int
    """Independent ones among them."""
    left_out: int
    """Problems that one run alone has."""
    first_only: int
    """Problems that the first run does better."""
    second_only: int
    both: int | None
    """Problems that both solve wholly; None where answers are graded."""
    neither: int | None
    smallest_detectable: float
    """Smallest true difference that so many problems show with 80 % power."""
    note: str = ""
    """Why problems were taken for independent though they share clusters; "" otherwise."""
    differing: tuple[str, ...] = ()
    """What differs beside the model, in words."""
    adjusted_p_value: float | None = None
    """Holm's correction, where several benchmarks or metrics were compared."""
    first_value: float | None = None
    """The metric of the first run on the shared problems."""
    second_value: float | None = None
    others: tuple[MeasureChange, ...] = ()
    """The other metrics of graded answers."""
    groups: Mapping[str, GroupChange] = field(default_factory=dict)
    """Group -> its problems alone, e.g. `language=go`."""
    curve: tuple[CurvePoint, ...] = ()
    """pass@k by k, where both runs have several samples of each problem."""
    benchmark: str = ""
    first: str = ""
    """Folder of the first score."""
    second: str = ""

    @property
    def needed(self) -> tuple[float, int] | None:
        """A gain, and how many problems would show it with 80 % power; None unless this is a tie.

        The gain is the measured one where that is a gain of half a point or more, else five points. Problems
        are taken to spread, and to belong together, as these do.
        """
        if self.verdict != "tie":
            return None
        gain = self.difference if self.difference >= _LEAST_GAIN else _ASSUMED_GAIN
        return gain, ceil(self.problems * (self.smallest_detectable / gain) ** 2)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @classmethod
    def from_json(cls, plain: object, *, where: str | None = None) -> Comparison:
        """The comparison that `to_json` wrote.

        Raises:
            DataError: Not a comparison.
        """
        try:
            return _ADAPTER.validate_python(plain)
        except ValidationError as error:
            fault = error.errors()[0]
            key = ".".join(map(str, fault["loc"])) or "comparison"
            raise DataError(
                f"this is not a comparison: {key}: {fault['msg'].lower()}",
                where=where,
                next_step="compare again with codetune compare",
            ) from error


_ADAPTER: TypeAdapter[Comparison] = TypeAdapter(Comparison)


@dataclass(frozen=True, slots=True)
class ComparisonSet:
    """Two folders of scores, benchmark by benchmark.

    Attributes:
        comparisons: One a shared benchmark.
        unpaired: Benchmarks that one side alone has.
    """

    comparisons: tuple[Comparison, ...]
    unpaired: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data: one comparison by itself, several under `benchmarks`."""
        if len(self.comparisons) == 1 and not self.unpaired:
            return self.comparisons[0].to_json()
        return {
            "benchmarks": [one.to_json() for one in self.comparisons],
            "unpaired": list(self.unpaired),
        }
