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
    import sys
    from textwrap import wrap

    from rich.text import Text

    from codetune.cli.console import console, print_result
    from codetune.sources.registry import SOURCES

    if as_json:
        listed = [
            {
                "name": source.name,
                "holds": source.holds,
                "reads": source.reads,
                "record": source.record.__name__,
                "license": source.license,
                "license_url": getattr(source, "license_url", None),
                "url": source.url,
            }
            for source in SOURCES.values()
        ]
        print_result(listed, as_json=True)
        return
    width = console().width if sys.stdout.isatty() else 100
    text = Text()
    for source in SOURCES.values():
        text.append(source.name, style="bold")
        text.append(f"  {source.record.__name__}, {source.license or 'licence by row'}\n", style="dim")
        for sentence in (f"{source.holds[:1].upper()}{source.holds[1:]}.", f"Reads {source.reads}."):
            lines = wrap(sentence, width - 4, break_long_words=False, break_on_hyphens=False)
            text.append("".join(f"    {line}\n" for line in lines))
    text.rstrip()
    print_result(text, as_json=False)
