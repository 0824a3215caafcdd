"""What differs between two scores beside the model, in words."""

from __future__ import annotations

from codetune.evaluate.scoring.score import Conditions, Score

__all__ = ["differing_conditions"]

_NAMES = {
    "protocol": "the protocol",
    "prompt_style": "the prompt style",
    "continuation": "how a begun turn is continued",
    "samples_per_problem": "the number of samples per problem",
    "temperature": "the temperature",
    "top_p": "top-p",
    "top_k": "top-k",
    "max_new_tokens": "the longest answer in tokens",
    "answered_by": "what computes the answers",
    "test_isolation": "the test isolation",
    "cpu_seconds": "the limit of CPU seconds",
    "memory_bytes": "the limit of memory in bytes",
}
"""Condition -> what a sentence calls it. A seed is no difference: it stands for chance."""


def differing_conditions(first: Score, second: Score) -> tuple[str, ...]:
    """Sentences about what differs; none where only the models do.

    Args:
        first: A score.
        second: Another of the same benchmark.
    """
    found = []
    mine, theirs = first.conditions, second.conditions
    if first.benchmark.sha256 != second.benchmark.sha256:
        editions = [score.benchmark.edition or score.benchmark.sha256[:12] for score in (first, second)]
        found.append(f"the data of the benchmark: {editions[0]} in the first, {editions[1]} in the second")
    if mine.items and theirs.items and mine.items != theirs.items:
        found.append(
            f"the items asked: {first.problems_asked:,} in the first, {second.problems_asked:,} in the second"
        )
    found += [
        f"{name}: {_shown(getattr(mine, key))} in the first, {_shown(getattr(theirs, key))} in the second"
        for key, name in _NAMES.items()
        if getattr(mine, key) != getattr(theirs, key)
    ]
    if _only_prompts_differ(mine, theirs):
        found.append("the prompts, which prompts.jsonl keeps for each")
    tiers = [
        ", ".join(sorted(tier for tier in score.tiers if tier != "not run")) for score in (first, second)
    ]
    if tiers[0] != tiers[1] and all(tiers):
        found.append(f"the sandbox: {tiers[0]} in the first, {tiers[1]} in the second")
    return tuple(found)


def _only_prompts_differ(first: Conditions, second: Conditions) -> bool:
    """Whether the same items were asked in the same style with other words."""
    same = all(getattr(first, key) == getattr(second, key) for key in ("items", "prompt_style", "protocol"))
    return same and bool(first.prompts and second.prompts) and first.prompts != second.prompts


def _shown(value: object) -> str:
    if value is None or value == "":
        return "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
