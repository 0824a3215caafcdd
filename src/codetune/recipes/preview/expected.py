"""What one step and one recipe are expected to do: numbers, each with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from codetune.records import Record

__all__ = ["Expected", "RecipePreview", "StepPreview"]

State = Literal["to do", "begun", "finished"]
_SUMMED = ("requests", "prompt tokens", "answer tokens", "cost (USD)", "hours on this machine")
_COUNTED = "items of "
"""Begins the number of a benchmark's items, on which its requests rest."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One number."""

    what: str
    """E.g. `rows out`, `requests`, `hours on this machine`."""
    value: float | None
    """None where it can't be told beforehand."""
    basis: str
    """What it rests on, in words."""
    is_estimate: bool = True
    """False where it was counted, or follows from the settings."""


@dataclass(frozen=True, kw_only=True)
class StepPreview:
    """One step."""

    name: str
    stage: str
    state: State = "to do"
    expected: tuple[Expected, ...] = ()
    licenses: Mapping[str, int] = field(default_factory=dict)
    """SPDX expression (or `unknown`) -> rows of it that were seen."""
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    """Why it can't run, a sentence each."""
    kind: type[Record] | None = None
    """Record type of its rows; None where it makes no dataset, or it can't be told."""
    sample: Sequence[Record] = ()
    """Some of its rows, for the steps after it."""

    def number(self, what: str) -> float | None:
        """The value of one of its numbers, or None."""
        return next((one.value for one in self.expected if one.what == what), None)

    def with_faults(self, faults: Sequence[str]) -> StepPreview:
        """The same step with more faults."""
        return replace(self, faults=tuple(dict.fromkeys((*self.faults, *faults))))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "stage": self.stage,
            "state": self.state,
            "expected": [asdict(one) for one in self.expected],
            "licenses": dict(self.licenses),
            "notes": list(self.notes),
            "faults": list(self.faults),
        }


@dataclass(frozen=True, kw_only=True)
class RecipePreview:
    """A whole recipe."""

    name: str
    steps: tuple[StepPreview, ...]

    @property
    def faults(self) -> list[str]:
        """Everything that stands in the way, with the step's name before it."""
        return [f"{step.name}: {fault}" for step in self.steps for fault in step.faults]

    @property
    def totals(self) -> dict[str, float]:
        """Sums over the steps that are not finished; a kind of number that no step knows is absent."""
        found: dict[str, float] = {}
        for step in self.steps:
            for one in step.expected if step.state != "finished" else ():
                if one.what in _SUMMED and one.value is not None:
                    found[one.what] = found.get(one.what, 0.0) + one.value
        return found

    @property
    def unknown(self) -> list[str]:
        """Numbers that can't be told beforehand and would add to a sum."""
        return [
            f"{one.what} of {step.name}"
            for step in self.steps
            for one in step.expected
            if step.state != "finished" and one.value is None
            if one.what in _SUMMED or one.what.startswith(_COUNTED)
        ]

    @property
    def licenses(self) -> dict[str, int]:
        """Licences of the rows that training reads (or, without training, of the last rows)."""
        trained = [step for step in self.steps if step.stage == "train" and step.licenses]
        rows = trained or [step for step in self.steps if step.licenses]
        return dict(rows[-1].licenses) if rows else {}

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "name": self.name,
            "steps": [step.to_json() for step in self.steps],
            "totals": self.totals,
            "not_known": self.unknown,
            "licenses": self.licenses,
            "faults": self.faults,
        }
