"""Which items are independent: clusters where there are enough of them, else the next finer group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["FEWEST_CLUSTERS", "Units", "independent_units"]

FEWEST_CLUSTERS = 10
"""With fewer, drawing whole clusters says little: one cluster gives an interval of width zero."""


@dataclass(frozen=True, slots=True)
class Units:
    """What counts once when items are drawn.

    Attributes:
        names: The unit of each item, in the items' order.
        kind: `problems` where each item is a unit, else `clusters` or `files` (the finer groups).
        note: A sentence where a coarser group had too few members; "" otherwise.
    """

    names: list[str]
    kind: str
    note: str = ""

    @property
    def count(self) -> int:
        return len(set(self.names))


def independent_units(
    tasks: Sequence[str],
    clusters: Mapping[str, str],
    finer_groups: Mapping[str, str] | None = None,
) -> Units:
    """Choose the coarsest group of items that has at least ten members.

    Args:
        tasks: Task ids.
        clusters: Task id -> its cluster; items that share nothing may be absent.
        finer_groups: Task id -> its finer group.
    """
    levels = [("clusters", [clusters.get(task, task) for task in tasks])]
    if finer_groups:
        levels.append(("files", [finer_groups.get(task, task) for task in tasks]))
    levels.append(("problems", list(tasks)))
    problems = len(set(tasks))
    note = ""
    for kind, names in levels:
        found = len(set(names))
        if found == problems:
            return Units(names, "problems", note)
        if found >= FEWEST_CLUSTERS:
            return Units(names, kind, note)
        note = (
            note
            or f"{found} group{'' if found == 1 else 's'} of related problems {'is' if found == 1 else 'are'} too few"
        )
    raise AssertionError("the last level is the problems themselves")
