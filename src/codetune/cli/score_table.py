"""A score for people: rates with intervals, verdicts, what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

__all__ = ["score_table"]


def score_table(score: Mapping[str, Any]) -> Table:
    """Rates first, then how the samples ended."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    for k, rate in score["pass_at_k"].items():
        lenient = score["lenient_pass_at_k"][k]["value"]
        note = "" if lenient == rate["value"] else f"  (lenient reading {lenient:.1%})"
        table.add_row(
            f"pass@{k}",
            f"{rate['value']:.1%}  [{rate['low']:.1%}, {rate['high']:.1%}]  {rate['method']}{note}",
        )
    table.add_row("problems", f"{score['problems']} judged of {score['problems_asked']}")
    table.add_row(
        "samples", f"{score['samples']}: " + ", ".join(f"{v} {n}" for v, n in score["verdicts"].items())
    )
    if score["missing"]:
        shown = ", ".join(score["missing"][:5]) + (", ..." if len(score["missing"]) > 5 else "")
        table.add_row("without a verdict", f"{len(score['missing'])}: {shown}")
    return table
