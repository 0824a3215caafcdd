"""A score for people: rates with intervals, verdicts, what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

__all__ = ["score_table"]

_SHOWN_ITEMS = 10


def score_table(score: Mapping[str, Any]) -> Table:
    """Rates first, then how the samples ended."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    for name, metric in score.get("metrics", {}).items():
        value = "not measured" if metric["value"] is None else f"{_rate(metric)}  of {metric['rows']} rows"
        table.add_row(name, f"{value}  {metric['note']}".rstrip())
    for k, rate in score["pass_at_k"].items():
        lenient = score["lenient_pass_at_k"][k]["value"]
        note = "" if lenient == rate["value"] else f"  (lenient reading {lenient:.1%})"
        table.add_row(
            f"pass@{k}",
            f"{_rate(rate)}{note}",
        )
    for k, rate in score.get("base", {}).get("pass_at_k", {}).items():
        table.add_row(f"base pass@{k}", f"{_rate(rate)}  (without the added tests)")
    for k, rate in score.get("pass_hat_k", {}).items():
        table.add_row(f"pass^{k}", f"{_rate(rate)}  (all {k} right)")
    table.add_row("problems", f"{score['problems']} judged of {score['problems_asked']}")
    table.add_row(
        "samples", f"{score['samples']}: " + ", ".join(f"{v} {n}" for v, n in score["verdicts"].items())
    )
    if score.get("repeated_samples"):
        table.add_row("repeated", f"{score['repeated_samples']} equal an earlier sample of the same problem")
    for group, part in score.get("groups", {}).items():
        for k, rate in part["pass_at_k"].items():
            table.add_row(f"  {group}", f"pass@{k} {_rate(rate)}  of {part['problems']}")
    if score["missing"]:
        shown = ", ".join(score["missing"][:5]) + (", ..." if len(score["missing"]) > 5 else "")
        table.add_row("without a verdict", f"{len(score['missing'])}: {shown}")
    if score.get("assumed"):
        table.add_row("assumed", str(score["assumed"]))
    if score.get("contamination"):
        _add_contamination(table, score["contamination"])
    return table


def _rate(rate: Mapping[str, Any]) -> str:
    return f"{rate['value']:.1%}  [{rate['low']:.1%}, {rate['high']:.1%}]  {rate['method']}"


def _add_contamination(table: Table, found: Mapping[str, Any]) -> None:
    items = found["overlapping"]
    table.add_row("in the training set", f"{len(items)} problems are repeated by its {found['rows']} rows")
    for item in items[:_SHOWN_ITEMS]:
        table.add_row(
            "", f"{item['task_id']}  {item['kind']}, {item['share']:.0%} of it in row {item['record']}"
        )
    if len(items) > _SHOWN_ITEMS:
        table.add_row("", f"... and {len(items) - _SHOWN_ITEMS} more in score.json")
    if items and found["clean"] is None:
        table.add_row("without them", "nothing is left")
    elif items:
        for k, rate in found["clean"]["pass_at_k"].items():
            table.add_row(f"pass@{k} without them", _rate(rate))
