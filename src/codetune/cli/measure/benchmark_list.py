"""`--list` of `codetune eval` and `codetune score`: every benchmark, its licence, and where its data is."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["LIST_OPTION"]


def _listed(wanted: bool) -> None:
    if not wanted:
        return
    from codetune.evaluate.benchmarks.listing import listing

    rows = list(listing())
    width = max(len(row.name) for row in rows)
    for row in rows:
        print(f"{row.name:{width}}  {row.title}; {row.items} items; {row.licence}")
        if row.found:
            print(f"{'':{width}}    {row.found}")
        if row.missing:
            print(f"{'':{width}}    missing: {row.missing}")
    raise typer.Exit


LIST_OPTION = Annotated[
    bool,
    typer.Option(
        "--list", callback=_listed, is_eager=True, help="Name all benchmarks and where their data is."
    ),
]
"""Prints the table and leaves, before anything else is looked at."""
