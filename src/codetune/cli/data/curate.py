"""`codetune curate`: instruction datasets in, one out, every rejected row with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["curate"]


@stage_command("curate")
def curate(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN...", help="Dataset directories of instructions; of duplicates, the first is kept."
        ),
    ],
    *,
    options: StageOptions,
) -> None:
    """Keep or reject rows: syntax, secrets, benchmark overlap, exact and near duplicates.

    Example: codetune curate data/mine data/synthetic -o data/clean --set near_duplicate_jaccard=0.8
    """
    from codetune.cli.stage_runs import print_card, read_options, run_stage
    from codetune.curate.config import CurateConfig

    settings = read_options(CurateConfig, options)
    print_card(run_stage("curate", settings, inputs, options), options)
