"""What `codetune run --plan` prints of a recipe's preview."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from codetune.recipes.preview.expected import Expected, RecipePreview, StepPreview

__all__ = ["plan_view"]

_STATES = {
    "finished": "[green]finished[/]: nothing to do",
    "begun": "[yellow]begun[/]: it goes on where it stopped",
    "to do": "to do",
}


def plan_view(found: RecipePreview) -> RenderableType:
    """Tables of the steps, the sums, the licences, and what stands in the way."""
    parts: list[RenderableType] = []
    for step in found.steps:
        stage = "" if step.stage == step.name else f" [dim]({escape(step.stage)})[/]"
        parts.append(Text.from_markup(f"\n[bold]{escape(step.name)}[/]{stage}  {_STATES[step.state]}"))
        if step.state != "finished":
            parts.append(_numbers(step))
    parts += [Text.from_markup("\n[bold]Together[/], without what is finished"), _sums(found)]
    if found.faults:
        parts.append(Text.from_markup("\n[bold red]This recipe can't run[/]"))
        parts += [Text(f"  {fault}") for fault in found.faults]
    else:
        parts.append(
            Text("\nNothing was asked and nothing written. A number with ~ is an estimate.", style="dim")
        )
    return Group(*parts)


def _numbers(step: StepPreview) -> Table:
    table = _table()
    for one in step.expected:
        table.add_row(f"  {one.what}", _value(one), f"[dim]{escape(one.basis)}[/]")
    for note in step.notes:
        table.add_row("  note", "", escape(note))
    return table


def _sums(found: RecipePreview) -> Table:
    table = _table()
    for what, value in found.totals.items():
        table.add_row(f"  {what}", _value(Expected(what, value, "")), "")
    if found.unknown:
        table.add_row("  not known", "", f"[dim]{escape(', '.join(found.unknown))}[/]")
    licenses = ", ".join(found.licenses) or "not known beforehand"
    table.add_row("  licences of the rows", "", escape(licenses))
    return table


def _table() -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _value(one: Expected) -> str:
    if one.value is None:
        return "not known"
    mark = "~" if one.is_estimate else ""
    if one.what.startswith("hours"):
        minutes = one.value * 60
        return f"{mark}{one.value:.1f} h" if minutes >= 120 else f"{mark}{minutes:.1f} min"
    if one.what.startswith("cost"):
        return f"{mark}{one.value:,.2f} USD"
    return f"{mark}{one.value:,.0f}" if one.value == round(one.value) else f"{mark}{one.value:,.2f}"
