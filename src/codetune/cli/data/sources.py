"""`codetune sources`."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["sources"]


def sources(
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the sources that `codetune collect` reads.

    \b
    Example:
      codetune sources
    """
    from rich.table import Table

    from codetune.cli.console import print_result
    from codetune.sources.registry import SOURCES

    if as_json:
        listed = [
            {
                "name": source.name,
                "holds": source.holds,
                "reads": source.reads,
                "record": source.record.__name__,
                "license": source.license,
                "url": source.url,
            }
            for source in SOURCES.values()
        ]
        print_result(listed, as_json=True)
        return
    table = Table()
    for heading in ("source", "what it holds", "what is read", "becomes", "licence"):
        table.add_column(heading)
    for source in SOURCES.values():
        table.add_row(
            source.name, source.holds, source.reads, source.record.__name__, source.license or "by row"
        )
    print_result(table, as_json=False)
