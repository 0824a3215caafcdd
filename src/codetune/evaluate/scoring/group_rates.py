"""Rates of a benchmark's groups of items, beside the one of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from codetune.records import Problem

__all__ = ["by_group"]

T = TypeVar("T")


def by_group(
    judged: Mapping[str, T],
    problems: Sequence[Problem],
    rates: Callable[[Mapping[str, T]], Mapping[str, Any]],
) -> dict[str, dict[str, Any]]:
    """The rates of each group that items belong to, in the order of the items.

    Args:
        judged: Task id -> its tally.
        problems: The items, with their groups.
        rates: Makes rates of tallies, `pass_at_k` among them.

    Returns:
        Group -> its number of problems and its rates; empty where the benchmark has no groups.
    """
    members: defaultdict[str, list[str]] = defaultdict(list)
    for problem in problems:
        for group in problem.groups:
            members[group].append(problem.task_id)
    found = {}
    for group, tasks in members.items():
        mine = {task: judged[task] for task in tasks if task in judged}
        if mine:
            found[group] = {"problems": len(mine), "pass_at_k": rates(mine)["pass_at_k"]}
    return found
