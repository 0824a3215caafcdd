"""A score for people: rates with intervals, verdicts, what was left out."""

from __future__ import annotations

from rich.table import Table

from codetune.evaluate.scoring.score import Contamination, Metric, Score
from codetune.evaluate.statistics.estimates import Estimate

__all__ = ["score_table"]

_SHOWN_ITEMS = 10


def score_table(score: Score) -> Table:
    """Rates first, then how the samples ended."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    for name, metric in score.metrics.items():
        value = "not measured" if metric.value is None else f"{_rate(metric)}  of {metric.rows} rows"
        table.add_row(name, f"{value}  {metric.note}".rstrip())
    for k, rate in score.pass_at_k.items():
        lenient = score.lenient_pass_at_k[k].value if k in score.lenient_pass_at_k else rate.value
        note = "" if lenient == rate.value else f"  (lenient reading {lenient:.1%})"
        table.add_row(f"pass@{k}", f"{_rate(rate)}{note}")
    for k, rate in score.base_pass_at_k.items():
        table.add_row(f"base pass@{k}", f"{_rate(rate)}  (without the added tests)")
    for k, rate in score.pass_hat_k.items():
        table.add_row(f"pass^{k}", f"{_rate(rate)}  (all {k} right)")
    if score.tested_in_process:
        table.add_row("not strict", f"{_some(score.tested_in_process)}: tests and program share a process")
    if score.reference_failed:
        table.add_row("reference fails", _some(tuple(score.reference_failed)))
    table.add_row("problems", f"{score.problems} with a verdict, of {score.problems_asked} asked")
    ends = ", ".join(f"{verdict} {count}" for verdict, count in score.verdicts.items())
    table.add_row("samples", f"{score.samples}{': ' if ends else ''}{ends}")
    if score.cut_answers is not None:
        cut, limit = score.cut_answers, score.conditions.max_new_tokens
        tokens = f" of {limit:,} tokens" if limit else ""
        if limit and 0 < cut.longest < limit:
            tokens = f" after at most {cut.longest:,} tokens, of {limit:,} allowed"
        table.add_row("cut answers", f"{cut.cut} of {cut.known} ({cut.share:.1%}) ended at the limit{tokens}")
    if score.repeated_samples:
        table.add_row("repeated", f"{score.repeated_samples} equal an earlier sample of the same problem")
    for group, rates in score.groups.items():
        for k, rate in rates.pass_at_k.items():
            table.add_row(f"  {group}", f"pass@{k} {_rate(rate)}  of {rates.problems}")
    if score.missing:
        shown = ", ".join(score.missing[:5]) + (", ..." if len(score.missing) > 5 else "")
        table.add_row("without a verdict", f"{len(score.missing)}: {shown}")
    asked = score.conditions
    if asked.protocol:
        table.add_row("protocol", asked.protocol)
    if asked.max_new_tokens is not None:
        table.add_row(
            "prompt style", f"{asked.prompt_style}, answers of at most {asked.max_new_tokens:,} tokens"
        )
    if score.assumed:
        table.add_row("found out", score.assumed)
    if score.contamination is not None:
        _add_contamination(table, score.contamination)
    return table


def _some(items: tuple[str, ...]) -> str:
    return f"{len(items)} ({', '.join(items[:5])}{', ...' if len(items) > 5 else ''})"


def _rate(rate: Estimate | Metric) -> str:
    if rate.low is None or rate.high is None:
        return f"{rate.value:.1%}  ({rate.method})"
    return f"{rate.value:.1%}  [{rate.low:.1%}, {rate.high:.1%}]  {rate.method}"


def _add_contamination(table: Table, found: Contamination) -> None:
    items = found.overlapping
    table.add_row("in the training set", f"{len(items)} problems are repeated by its {found.rows} rows")
    for item in items[:_SHOWN_ITEMS]:
        table.add_row("", f"{item.task_id}  {item.kind}, {item.share:.0%} of it in row {item.record}")
    if len(items) > _SHOWN_ITEMS:
        table.add_row("", f"... and {len(items) - _SHOWN_ITEMS} more in score.json")
    if items and not found.clean_pass_at_k:
        table.add_row("without them", "nothing is left")
    elif items:
        for k, rate in found.clean_pass_at_k.items():
            table.add_row(f"pass@{k} without them", _rate(rate))
