"""`codetune doctor`: what this machine and its model endpoints can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from codetune.doctor.machine import Finding

__all__ = ["doctor"]

_MARK = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "missing": "[red]✗[/]"}


def doctor(
    model_map: Annotated[
        Path | None,
        typer.Option(help="Check the endpoints of this file too; ./model_map.json where it exists."),
    ] = None,
    attack: Annotated[
        bool, typer.Option("--attack", help="Attack the sandbox instead, and say which attacks it stopped.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check this machine and model endpoints by trying them, and say how to get what is missing.

    The exit code is 1 where an endpoint of --model-map does not answer, or an attack succeeded.

    Example: codetune doctor --model-map models.yaml
    """
    if attack:
        _attack(as_json)
        return
    from dataclasses import asdict
    from itertools import chain

    from codetune.cli.console import print_result
    from codetune.doctor.endpoints import check_endpoints
    from codetune.doctor.machine import examine

    here = Path("model_map.json")
    wanted = model_map or (here if here.exists() else None)
    endpoints = check_endpoints(wanted) if wanted is not None else []
    findings = chain(examine(), endpoints)
    if as_json:
        print_result([asdict(finding) for finding in findings], as_json=True)
    else:
        _print_remedies(list(_printed(findings)))
    if model_map is not None and any(finding.state == "missing" for finding in endpoints):
        raise typer.Exit(1)


def _print_remedies(findings: Sequence[Finding]) -> None:
    from codetune.cli.console import console
    from codetune.installation import install_command

    missing = [finding for finding in findings if finding.remedy]
    if not missing:
        return
    console().print("\n[bold]How to get what is missing[/]")
    for finding in missing:
        console().print(f"  {finding.name}: {finding.remedy}", markup=False)
    extras = [finding.name for finding in missing if finding.area == "packages"]
    if len(extras) > 1:
        console().print(f"  all extras at once: {install_command(','.join(extras))}", markup=False)


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
    from codetune.execution.attacks.run_attacks import run_attacks

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
