"""`codetune run`: a whole run, described by a recipe in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["run"]


@stage_command(None, output="runs/NAME", seed=None)
def run(
    recipe: Annotated[
        str, typer.Argument(help="A YAML file, or the name of a recipe that comes with codetune.")
    ],
    variant: Annotated[str | None, typer.Option(help="One of the recipe's variants.")] = None,
    print_: Annotated[bool, typer.Option("--print", help="Show the resolved recipe and stop.")] = False,
    *,
    options: StageOptions,
) -> None:
    """Run a recipe's stages in order. Finished stages are skipped, an interrupted one continues.

    Example: codetune run recipes/mine.yaml -o runs/mine --set train.max_steps=100
    """
    from codetune.cli.runs.recipe_runs import recipe_path, run_and_print
    from codetune.recipes.recipe import load_recipe
    from codetune.recipes.stages import STAGES

    kinds = {name: kind.settings for name, kind in STAGES.items()}
    loaded = load_recipe(
        recipe_path(recipe), kinds, overrides=options.assignments, variant=variant, seed=options.seed
    )
    if print_:
        print(loaded.to_yaml(), end="")
        return
    run_and_print(loaded, options.or_into(Path("runs") / loaded.name))
