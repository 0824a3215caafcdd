"""`codetune collect`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["collect"]


def collect(
    source: Annotated[str, typer.Argument(help="Name of the source; `codetune sources` lists them.")],
    path: Annotated[
        str | None,
        typer.Argument(
            help="File, folder, URL or hf:// address; for the source code, none is Python's own library."
        ),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Dataset directory to write.")] = Path(
        "collected"
    ),
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of the source, as key=value (YAML value); may be repeated."),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", "-l", help="Programming language wanted; may be repeated. Default: all."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many rows, chosen by seed and record id.")
    ] = None,
    require_docstring: Annotated[
        bool, typer.Option("--require-docstring", help="Source code: only functions with documentation.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of every choice.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: one a core.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run card as JSON.")] = False,
) -> None:
    """Read one source and write its records as a dataset directory.

    \b
    Example:
      codetune collect code ./my-project -l python -l go -o data/functions
      codetune collect codealpaca code_alpaca_20k.json -o data/codealpaca
    """
    import yaml

    from codetune.cli.console import print_result, progress
    from codetune.config.faults import build_settings
    from codetune.engine.local import LocalEngine
    from codetune.errors import ConfigError
    from codetune.sources.config import CollectConfig
    from codetune.sources.stage import run
    from codetune.store.context import StageContext

    given: dict[str, object] = {"source": source, "path": path}
    for entry in settings or ():
        key, equals, value = entry.partition("=")
        if not equals:
            raise ConfigError(f"--set {entry} has no value", next_step="write it as key=value")
        given[key.strip()] = yaml.safe_load(value)
    if language:
        given["languages"] = tuple(language)
    if limit is not None:
        given["limit"] = limit
    if require_docstring:
        given["require_docstring"] = True
    config = build_settings(CollectConfig, given)
    with LocalEngine(workers) as engine:
        context = StageContext(seed=seed, cache=output.parent / ".cache", engine=engine, progress=progress())
        card = run(config, [], output, context)
    print_result(card if as_json else _summary(card, output), as_json=as_json)


def _summary(card: object, output: Path) -> object:
    from rich.table import Table

    from codetune.store.run_card import RunCard

    assert isinstance(card, RunCard)
    table = Table(title=f"{card.record} records in {output}", title_justify="left")
    table.add_column("what")
    table.add_column("rows", justify="right")
    table.add_row("kept", f"{card.counts['kept']:,}", style="green")
    for reason, count in card.rejects.items():
        table.add_row(f"refused: {reason}", f"{count:,}")
    for name, count in card.licenses.items():
        table.add_row(f"licence: {name}", f"{count:,}", style="dim")
    return table
