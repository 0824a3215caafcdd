"""`codetune quickstart`: the whole way on the embedded model, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["quickstart"]


def quickstart(
    code: Annotated[
        Path | None, typer.Option(help="A folder of code; Python's standard library if not given.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the run; below runs/ if not given.")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Less of everything: some 3 minutes.")] = False,
    seed: Annotated[int, typer.Option(help="Every random choice flows from it.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Processes; all cores if not given.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """From a folder of code to a tuned and evaluated model: data, training, HumanEval, a report.

    Example: codetune quickstart --code ../my-project -o runs/my-project
    """
    from codetune.cli.recipe.recipe_runs import run_and_tell
    from codetune.recipes.recipe import load_recipe, shipped_recipe
    from codetune.recipes.stages import STAGES

    kinds = {name: kind.settings for name, kind in STAGES.items()}
    overrides = {"collect.path": str(code)} if code is not None else {}
    recipe = load_recipe(
        shipped_recipe("quickstart"), kinds, overrides=overrides, variant="fast" if fast else None, seed=seed
    )
    run_and_tell(recipe, output or _default_folder(code, fast), workers=workers, as_json=as_json)


def _default_folder(code: Path | None, fast: bool) -> Path:
    parts = ["quickstart", *(["fast"] if fast else []), *([code.resolve().name] if code else [])]
    return Path("runs") / "-".join(parts)
