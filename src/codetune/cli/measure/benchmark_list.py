"""`--list` of `codetune eval` and `codetune score`: every benchmark, its licence, and where its data is."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["LIST_OPTION"]


def _listed(wanted: bool) -> None:
    if not wanted:
        return
    from rich.text import Text

    from codetune.cli.console import console
    from codetune.evaluate.benchmarks.listing import listing

    rows = list(listing())
    ready, others = ([row for row in rows if bool(row.missing) is lacks] for lacks in (False, True))
    text = Text()
    for heading, group in (("Ready on this machine", ready), ("Something is missing", others)):
        text.append(f"{heading}\n", style="bold")
        for row in group:
            text.append(f"  {row.name}", style="cyan")
            text.append(f"  {row.title}; {row.items} items; {row.licence}\n")
            if row.missing:
                text.append(f"      {row.missing}\n", style="dim")
    text.append("codetune eval NAME says the whole address of data that is missing.", style="dim")
    console().print(text, soft_wrap=True)
    raise typer.Exit


LIST_OPTION = Annotated[
    bool,
    typer.Option(
        "--list", callback=_listed, is_eager=True, help="Name all benchmarks and where their data is."
    ),
]
"""Prints the table and leaves, before anything else is looked at."""
