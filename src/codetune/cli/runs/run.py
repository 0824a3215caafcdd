"""`codetune run`: a whole run, described by a recipe in YAML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

if TYPE_CHECKING:
    from codetune.recipes.recipe import Recipe

__all__ = ["run"]


@stage_command(None, output="runs/NAME", seed=None)
def run(
    recipe: Annotated[
        str, typer.Argument(help="A YAML file, or the name of a recipe that comes with codetune.")
    ],
    variant: Annotated[str | None, typer.Option(help="One of the recipe's variants.")] = None,
    print_: Annotated[bool, typer.Option("--print", help="Show the resolved recipe and stop.")] = False,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="Say what each step will do, what it costs and what is missing, and stop."
        ),
    ] = False,
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
    options = options.or_into(Path("runs") / loaded.name)
    if plan:
        _print_plan(loaded, options)
        return
    run_and_print(loaded, options)


def _print_plan(recipe: Recipe, options: StageOptions) -> None:
    """Print the preview; exit code 2 where something is missing."""
    from codetune.cli.console import print_result
    from codetune.cli.runs.plan_view import plan_view
    from codetune.recipes.preview.recipe_preview import preview_recipe

    found = preview_recipe(recipe, options.folder)
    print_result(found.to_json() if options.as_json else plan_view(found), as_json=options.as_json)
    if found.faults:
        raise typer.Exit(2)
