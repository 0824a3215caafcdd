"""`codetune area`: target areas for edits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["area"]


@stage_command("area")
def area(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Dataset directories of edits.")],
    *,
    options: StageOptions,
) -> None:
    """Draw where the programmer points in each edit: a cursor, a selection, or nothing.

    \b
    Example:
      codetune area data/edits -o data/edits-with-areas
      codetune area data/edits -o data/cursors --set loc_cursor_prob=1
    """
    from codetune.cli.stage_runs import print_card, read_options, run_stage
    from codetune.edits.area import AreaSettings

    print_card(run_stage("area", read_options(AreaSettings, options, {}), inputs, options), options)
