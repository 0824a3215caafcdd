"""A comparison for people: what may be said, every measure, what asking took, the parts, pass@k by k."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from codetune.evaluate.scoring.score import Usage, read_score
from codetune.evaluate.statistics.comparison import Comparison
from codetune.evaluate.statistics.estimates import Estimate

__all__ = ["comparison_tables", "needed_words"]

_WORDS = {
    "tie": "tie: no difference can be told",
    "better": "the second is better",
    "worse": "the second is worse",
}


def comparison_tables(found: Comparison) -> Iterator[Table]:
    """The tables of one benchmark, those without anything to show left out."""
    yield _summary(found)
    if found.others:
        yield _measures(found)
    if found.groups:
        yield _groups(found)
    if len(found.curve) > 1:
        yield _curve(found)


def needed_words(found: Comparison) -> str | None:
    """How many problems would show the gain; None unless this is a tie."""
    if found.needed is None:
        return None
    gain, problems = found.needed
    return f"{problems:,} problems like these would show a gain of {_bare(gain)} points with 80 % power"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _bare(value: float) -> str:
    return f"{100 * value:.1f}"


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else escape(f"[{_points(low)}, {_points(high)}]")


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _pairs() -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    return table


def _summary(found: Comparison) -> Table:
    table = _pairs()
    word = _WORDS[found.verdict]
    if found.differing:
        word += ", but not the model alone differs"
    table.add_row(found.benchmark, word)
    for sentence in found.differing:
        table.add_row("differs too", escape(sentence))
    values = ""
    if found.first_value is not None and found.second_value is not None:
        values = f"{_rate(found.first_value)} to {_rate(found.second_value)}  "
    table.add_row(
        found.metric, f"{values}{_points(found.difference)} points  {_interval(found.low, found.high)}"
    )
    adjusted = found.adjusted_p_value
    corrected = "" if adjusted is None else f"; {_p(adjusted)} after Holm's correction"
    table.add_row("p", f"{_p(found.p_value)}  {found.test}{corrected}")
    if found.both is None:
        equal = found.problems - found.first_only - found.second_only
        table.add_row(
            "done better by", f"first {found.first_only}, second {found.second_only}; alike {equal}"
        )
    else:
        table.add_row(
            "solved more by",
            f"first {found.first_only}, second {found.second_only}; wholly by both {found.both}, "
            f"by neither {found.neither}",
        )
    groups = "" if found.clusters == found.problems else f" in {found.clusters} groups that belong together"
    table.add_row(
        "smallest detectable",
        f"{_bare(found.smallest_detectable)} points with 80 % power on {found.problems} problems{groups}",
    )
    if needed := needed_words(found):
        table.add_row("needed", needed)
    if found.note:
        table.add_row("independent", f"{found.note}, so finer groups or single problems count")
    if found.left_out:
        table.add_row("left out", f"{found.left_out} problems that only one run has")
    for name, folder in (("first", found.first), ("second", found.second)):
        score = read_score(Path(folder)) if folder else None
        if score is not None and score.usage.completion_tokens:
            table.add_row(f"{name} took", _took(score.usage))
    return table


def _took(usage: Usage) -> str:
    parts = [f"{usage.prompt_tokens or 0:,} tokens read, {usage.completion_tokens or 0:,} written"]
    if usage.seconds is not None:
        parts.append(f"{usage.seconds:,.0f} s")
    parts.append("no price known" if usage.cost_usd is None else f"{usage.cost_usd:,.4f} USD")
    return ", ".join(parts)


def _columns(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2), title_justify="left", header_style="bold")
    for number, name in enumerate(names):
        table.add_column(name, justify="left" if number == 0 else "right", overflow="fold")
    return table


def _measures(found: Comparison) -> Table:
    table = _columns("also measured", "first", "second", "points", "", "p", "")
    for other in found.others:
        p_value = other.p_value if other.adjusted_p_value is None else other.adjusted_p_value
        table.add_row(
            other.metric, _rate(other.first), _rate(other.second), _points(other.difference),
            _interval(other.low, other.high), _p(p_value), other.verdict,
        )  # fmt: skip
    return table


def _groups(found: Comparison) -> Table:
    table = _columns("part", "problems", "first", "second", "points", "")
    for name, group in sorted(found.groups.items()):
        table.add_row(
            escape(name), f"{group.problems:,}", _rate(group.first), _rate(group.second),
            _points(group.difference), _interval(group.low, group.high) or "too few",
        )  # fmt: skip
    return table


def _curve(found: Comparison) -> Table:
    table = _columns("pass@k", "first", "", "second", "")

    def shown(estimate: Estimate) -> tuple[str, str]:
        return _rate(estimate.value), escape(f"[{_rate(estimate.low)}, {_rate(estimate.high)}]")

    for point in found.curve:
        table.add_row(f"k = {point.k:,}", *shown(point.first), *shown(point.second))
    return table
