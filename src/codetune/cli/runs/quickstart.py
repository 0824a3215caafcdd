"""`codetune quickstart`: every stage on the embedded model, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codetune.cli.stage_options import StageOptions, stage_command

__all__ = ["quickstart"]


@stage_command(None, output="runs/quickstart")
def quickstart(
    code: Annotated[
        Path | None, typer.Option(help="A folder of code; Python's standard library if not given.")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Less of everything: about 2 minutes.")] = False,
    *,
    options: StageOptions,
) -> None:
    """From a folder of code to a tuned and evaluated model: data, training, held-out rows, HumanEval, a report.

    Example: codetune quickstart --code ../my-project -o runs/my-project
    """
    from codetune.cli.runs.recipe_runs import run_and_print
    from codetune.config.reading import parse_assignment
    from codetune.recipes.recipe import load_recipe, shipped_recipe
    from codetune.recipes.stages import STAGES

    kinds = {name: kind.settings for name, kind in STAGES.items()}
    given = {"collect.path": str(code)} if code is not None else {}
    overrides = {**given, **dict(parse_assignment(text, "STAGE.KEY=VALUE") for text in options.assignments)}
    recipe = load_recipe(
        shipped_recipe("quickstart"),
        kinds,
        overrides=overrides,
        variant="fast" if fast else None,
        seed=options.seed,
    )
    run_and_print(recipe, options.or_into(_default_folder(code, fast)))


def _default_folder(code: Path | None, fast: bool) -> Path:
    parts = ["quickstart", *(["fast"] if fast else []), *([code.resolve().name] if code else [])]
    return Path("runs") / "-".join(parts)
