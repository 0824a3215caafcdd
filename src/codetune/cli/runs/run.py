"""`codetune run`: any way, described in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["run"]


def run(
    recipe: Annotated[
        str, typer.Argument(help="A YAML file, or the name of a recipe that comes with codetune.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the run; runs/NAME if not given.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="STAGE.KEY=VALUE; may be given several times.")
    ] = None,
    variant: Annotated[str | None, typer.Option(help="One of the recipe's variants.")] = None,
    seed: Annotated[int | None, typer.Option(help="Takes the place of the recipe's seed.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; all cores if not given.", min=1)] = None,
    print_: Annotated[bool, typer.Option("--print", help="Show the resolved recipe and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run a recipe's stages in order; what is finished is skipped, what was interrupted goes on.

    Example: codetune run recipes/mine.yaml -o runs/mine --set train.max_steps=100
    """
    from codetune.cli.recipe.recipe_runs import recipe_path, run_and_tell
    from codetune.recipes.recipe import load_recipe
    from codetune.recipes.stages import STAGES

    kinds = {name: kind.settings for name, kind in STAGES.items()}
    loaded = load_recipe(recipe_path(recipe), kinds, overrides=set_ or (), variant=variant, seed=seed)
    if print_:
        print(loaded.to_yaml(), end="")
        return
    run_and_tell(loaded, output or Path("runs") / loaded.name, workers=workers, as_json=as_json)
