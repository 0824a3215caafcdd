"""`codetune histories`: commits and submissions in, edit histories out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["histories"]


@stage_command("histories")
def histories(
    inputs: Annotated[
        list[Path], typer.Argument(metavar="IN...", help="Dataset directories of commits or submissions.")
    ],
    language: Annotated[
        list[str] | None,
        typer.Option("--language", "-l", help="Programming language wanted; may be repeated. Default: all."),
    ] = None,
    *,
    options: StageOptions,
) -> None:
    """Make edit histories: versions of one file, from commits or from contest submissions.

    \b
    Example:
      codetune collect git ../my-project -o data/commits
      codetune histories data/commits -o data/histories -l python
    """
    from codetune.cli.stage_runs import print_card, read_options, run_stage
    from codetune.histories.config import HistoriesConfig

    settings = read_options(
        HistoriesConfig,
        options,
        {"languages": tuple(language) if language else None},
        {"languages": "--language"},
    )
    print_card(run_stage("histories", settings, inputs, options), options)
