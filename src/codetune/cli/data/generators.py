"""`codetune generators`: what `codetune synth` can make."""

from __future__ import annotations

from typing import Annotated, Any

import typer

__all__ = ["generators"]


def generators(
    name: Annotated[str | None, typer.Argument(help="Show this one's settings and prompts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the generators, or one generator's settings.

    \b
    Example:
      codetune generators
      codetune generators solve-and-test
    """
    from codetune.cli.console import print_result
    from codetune.synth.options import OPTIONS
    from codetune.synth.registry import GENERATORS

    if name is None:
        listed = [
            {"name": kind.name, "takes": kind.consumes.__name__, "makes": kind.summary}
            for kind in GENERATORS.values()
        ]
        print_result(
            listed if as_json else _table(("generator", "takes", "what it does"), listed), as_json=as_json
        )
        return
    if name not in GENERATORS:
        from codetune.config.faults import nearest
        from codetune.errors import ConfigError

        raise ConfigError(f"there is no generator {name!r}{nearest(name, GENERATORS)}")
    options = [
        {"name": key, "default": str(entry.default), "description": entry.description or ""}
        for key, entry in OPTIONS[name].model_fields.items()
    ]
    if as_json:
        prompts = sorted(GENERATORS[name].prompts)
        print_result({"name": name, "settings": options, "prompts": prompts}, as_json=True)
        return
    print_result(f"{name}: {GENERATORS[name].summary}", as_json=False)
    print_result(_table(("setting", "default", "what it is"), options), as_json=False)
    print_result(f"prompts: {', '.join(sorted(GENERATORS[name].prompts))}", as_json=False)


def _table(headings: tuple[str, ...], rows: list[dict[str, str]]) -> Any:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(row[key] for key in row))
    return table
