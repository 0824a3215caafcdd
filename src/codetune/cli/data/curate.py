"""`codetune curate`: instruction datasets in, one out, every refusal with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["curate"]


def curate(
    inputs: Annotated[
        list[Path],
        typer.Argument(help="Dataset directories of instructions; of twins, the first named stays."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the dataset to make.")],
    config: Annotated[Path | None, typer.Option(help="A YAML file with the settings.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE; may be given several times.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Kept in the run card.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Processes; all cores if not given.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run card as JSON.")] = False,
) -> None:
    """Keep or refuse rows: syntax, secrets, benchmark overlap, exact and near duplicates.

    Example: codetune curate data/mine data/synthetic -o data/clean --set near_duplicate_jaccard=0.8
    """
    from codetune.cli.console import print_result, progress
    from codetune.cli.settings_file import read_settings
    from codetune.cli.stage_runs import card_table
    from codetune.curate.config import CurateConfig
    from codetune.engine.local import LocalEngine
    from codetune.recipes.stages import STAGES
    from codetune.store.context import StageContext

    settings = read_settings(CurateConfig, config, set_ or ())
    with LocalEngine(workers) as engine:
        context = StageContext(seed=seed, cache=output.parent, engine=engine, progress=progress())
        card = STAGES["curate"].run(settings, inputs, output, context)
    print_result(card if as_json else card_table(card, output), as_json=as_json)
