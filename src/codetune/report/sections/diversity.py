"""How diverse the rows are that models wrote: reads the figures on the run cards of synthesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codetune.report.numbers import number, percent, significant
from codetune.report.sections.stages import StageFolder

__all__ = ["Written", "read_diversity"]


@dataclass(frozen=True, slots=True)
class Written:
    """One synthesis.

    Attributes:
        title: What was run, e.g. `instruct-from-code`.
        rows: Kept rows.
        sampled: Rows that were compared with each other.
        facts: (name, figure) in words.
        counts: (heading, (name, rows) of each) for charts; what was not measured is absent.
        openings: (first two words of an instruction, share in words).
    """

    title: str
    rows: int
    sampled: int
    facts: list[tuple[str, str]]
    counts: list[tuple[str, list[tuple[str, int]]]]
    openings: list[tuple[str, str]]


def read_diversity(stages: Sequence[StageFolder]) -> list[Written]:
    """The figures of each synthesis that has some, oldest first; runs without kept rows have none."""
    found = []
    for stage in stages:
        measured = stage.card.results.get("diversity")
        if isinstance(measured, dict) and measured.get("rows"):
            found.append(_written(stage, measured))
    return found


def _written(stage: StageFolder, measured: Mapping[str, Any]) -> Written:
    rows = int(measured["rows"])
    facts = [
        ("words of an instruction", _spread(measured.get("instruction_words"))),
        ("words of an output", _spread(measured.get("output_words"))),
        ("near duplicates", percent(number(measured, "near_duplicates"))),
        ("similarity with the nearest row", significant(number(measured, "self_similarity"))),
        ("different runs of three words", percent(number(measured, "distinct_3"), 0)),
    ]
    topics = [(name, round(share * rows)) for name, share in (measured.get("topics") or {}).items()]
    counts = [
        ("Topics", topics[:10]),
        ("Difficulty, by the judge", _of_five(measured.get("difficulty"))),
        ("Score of the judge", _of_five(measured.get("scores"))),
        ("Programming languages", list((measured.get("programming_languages") or {}).items())[:10]),
    ]
    return Written(
        title=str(stage.card.plan.config.get("generator", stage.name)),
        rows=rows,
        sampled=int(measured.get("sampled", rows)),
        facts=facts,
        counts=[(heading, entries) for heading, entries in counts if entries],
        openings=[(words, percent(share)) for words, share in (measured.get("openings") or {}).items()],
    )


def _spread(values: Any) -> str:
    if not isinstance(values, list | tuple) or len(values) != 3:
        return "not run"
    return f"{values[1]:,} in the middle, {values[0]:,} to {values[2]:,} for eight rows in ten"


def _of_five(counts: Mapping[str, int] | None) -> list[tuple[str, int]]:
    return [(f"{value} of 5", count) for value, count in (counts or {}).items()]
