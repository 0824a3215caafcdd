"""`codetune export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["export"]


def export(
    dataset: Annotated[Path, typer.Argument(help="A finished dataset directory.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: .json, .jsonl or .parquet.")],
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="comit, alpaca, sharegpt, messages, completion, cursorcore or cursorcore-turns.",
        ),
    ] = "alpaca",
    edit_format: Annotated[
        str,
        typer.Option(help="Answers of edits: whole-file, locate-and-change or search-and-replace."),
    ] = "whole-file",
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="Column to carry along, e.g. id or license; may be repeated."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write a dataset in the format of another tool.

    \b
    Example:
      codetune export data/mix -o train.jsonl --format messages
      codetune export data/comit -o comit.json --format comit
    """
    from codetune.cli.console import print_result, progress
    from codetune.export.formats import get_format
    from codetune.export.write import export_dataset

    exported = export_dataset(
        dataset,
        output,
        get_format(format_name, edit_format),
        keep=keep or (),
        overwrite=overwrite,
        progress=progress(),
    )
    if as_json:
        print_result(exported, as_json=True)
        return
    lines = [f"{rows:,} rows  {path}" for path, rows in exported.files.items()]
    lines += [f"{rows:,} rows left out: {reason}" for reason, rows in exported.left_out.items()]
    print_result("\n".join(lines), as_json=False)
