"""`codetune doctor`: what this machine can do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from codetune.doctor.machine import Finding

__all__ = ["doctor"]

_MARK = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "missing": "[red]✗[/]"}


def doctor(
    model_map: Annotated[
        Path | None, typer.Option(help="File of model endpoints to try; ./model_map.json if it is there.")
    ] = None,
    attack: Annotated[bool, typer.Option("--attack", help="Run the hostile suite in the sandbox.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what this machine has, found out by trying it, and what to do about what is missing.

    Example: codetune doctor --attack
    """
    if attack:
        _attack(as_json)
        return
    from dataclasses import asdict

    from codetune.cli.console import console, print_result
    from codetune.doctor.machine import examine

    here = Path("model_map.json")
    findings = examine(model_map or (here if here.exists() else None))
    if as_json:
        print_result([asdict(finding) for finding in findings], as_json=True)
        return
    remedies = []
    for finding in _printed(findings):
        if finding.remedy:
            remedies.append(f"{finding.name}: {finding.remedy}")
    if remedies:
        console().print("\n[bold]What to do about what is missing[/]")
        for remedy in remedies:
            console().print("  " + remedy, markup=False)


def _printed(findings: Iterator[Finding]) -> Iterator[Finding]:
    from rich.markup import escape

    from codetune.cli.console import console

    area = ""
    for finding in findings:
        if finding.area != area:
            area = finding.area
            console().print(f"\n[bold]{area}[/]" if finding.area != "machine" else f"[bold]{area}[/]")
        console().print(f"  {_MARK[finding.state]} {finding.name:<12} {escape(finding.detail)}")
        yield finding


def _attack(as_json: bool) -> None:
    from dataclasses import asdict

    from rich.table import Table

    from codetune.cli.console import console, print_result
    from codetune.execution.attacks.attack import run_attacks

    results = list(run_attacks())
    if as_json:
        print_result([asdict(result) for result in results], as_json=True)
    else:
        table = Table("attack", "expected", "verdict", "held", box=None, padding=(0, 2))
        for result in results:
            mark = _MARK["ok" if result.held else "missing"]
            table.add_row(result.name, result.expected, result.verdict, mark)
        console().print(table)
        for result in results:
            if not result.held:
                console().print(f"Not held: {result.name}: {result.detail}")
        console().print(f"{sum(result.held for result in results)} of {len(results)} attacks held.")
    if not all(result.held for result in results):
        raise typer.Exit(1)
