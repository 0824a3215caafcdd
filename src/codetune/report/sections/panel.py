"""The panel of two scores, for the report and for `codetune compare`: what changed, what asking took, the parts.

Everything shown was computed by evaluation; here it is only put in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codetune.evaluate.scoring.score import Usage
from codetune.evaluate.statistics.comparison import Comparison, GroupChange, MeasureChange
from codetune.report.measures import measure_name, measure_title

__all__ = ["Change", "Group", "changes_of", "groups_of", "usage_of"]


@dataclass(frozen=True, slots=True)
class Change:
    """One measure of both models, paired."""

    metric: str
    title: str
    name: str
    first: float | None
    second: float | None
    difference: float
    low: float
    high: float
    p_value: float
    """After Holm's correction, where several measures were compared."""
    test: str
    problems: int
    verdict: str
    detectable: float


@dataclass(frozen=True, slots=True)
class Group:
    """One part of the problems, paired."""

    name: str
    change: GroupChange


def changes_of(comparison: Comparison) -> list[Change]:
    """Every measure that was compared, the leading one first."""
    first, second = comparison.first_value, comparison.second_value
    rows: list[tuple[Comparison | MeasureChange, float | None, float | None]] = [(comparison, first, second)]
    rows += [(other, other.first, other.second) for other in comparison.others]
    return [
        Change(
            metric=one.metric,
            title=measure_title(one.metric),
            name=measure_name(one.metric),
            first=before,
            second=after,
            difference=one.difference,
            low=one.low,
            high=one.high,
            p_value=one.p_value if one.adjusted_p_value is None else one.adjusted_p_value,
            test=one.test,
            problems=one.problems,
            verdict=one.verdict,
            detectable=one.smallest_detectable,
        )
        for one, before, after in rows
    ]


def groups_of(comparison: Comparison) -> Mapping[str, list[Group]]:
    """Kind of group (`language`, `repository`, `difficulty`) -> its groups, the largest first."""
    found: defaultdict[str, list[Group]] = defaultdict(list)
    for name, change in comparison.groups.items():
        kind, _, value = name.partition("=")
        found[kind if value else "group"].append(Group(value or kind, change))
    return {
        kind: sorted(groups, key=lambda group: (-group.change.problems, group.name))
        for kind, groups in found.items()
    }


def usage_of(usage: Usage) -> dict[str, Any] | None:
    """What asking took; None where nothing was counted, as with samples made elsewhere."""
    if not usage.prompt_tokens and not usage.completion_tokens and usage.cost_usd is None:
        return None
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "seconds": usage.seconds,
        "tokens_per_second": usage.tokens_per_second,
        "cost": None if usage.cost_usd is None else f"{usage.cost_usd:,.4f} USD",
    }
