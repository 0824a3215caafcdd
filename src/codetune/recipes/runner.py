"""Run a recipe's stages in order, each in its own folder of the run; finished ones are skipped.

    RUN/<name of the step>/     its output, with run.json
    RUN/recipe.yaml             the resolved recipe, every default filled in

What can be used again by another run (answers, verdicts, weights) is in the cache, not in the run.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from codetune.engine.progress import Progress, SilentProgress
from codetune.engine.protocol import Engine
from codetune.errors import OutputError, UsageError
from codetune.recipes.recipe import Recipe
from codetune.recipes.stages import STAGES
from codetune.store.atomic import make_folder, write_text
from codetune.store.cache import cache_folder
from codetune.store.context import StageContext
from codetune.store.run_card import RunCard, read_card

__all__ = ["RECIPE_NAME", "StepResult", "run_recipe"]

RECIPE_NAME = "recipe.yaml"


@dataclass(frozen=True)
class StepResult:
    """What one step came to."""

    name: str
    card: RunCard
    folder: Path
    worked: bool
    """False where an earlier run had finished it."""


def run_recipe(
    recipe: Recipe,
    folder: Path,
    *,
    engine: Engine,
    progress: Progress | None = None,
    cache: Path | None = None,
    overwrite: bool = False,
) -> list[StepResult]:
    """Run every step that is not finished.

    Args:
        recipe: What to run.
        folder: Where the run goes; made if absent.
        engine: Where shards are worked on.
        progress: Shows what is being done; None shows nothing.
        cache: Folder of answers, verdicts and weights; None takes the project's.
        overwrite: Replace the outputs of steps whose settings or inputs changed.

    Raises:
        OutputError: The folder holds another recipe's run; the message names the difference.
        MissingExtraError: A step needs packages that are not installed; found before any step runs.
    """
    for step in recipe.steps:
        if read_card(folder / step.name) is None:
            STAGES[step.stage].check_installed(step.settings)
    _check_folder(folder, recipe)
    make_folder(folder)
    context = StageContext(
        seed=recipe.seed,
        cache=cache_folder(cache),
        engine=engine,
        progress=progress or SilentProgress(),
    )
    try:
        return _run_steps(recipe, folder, context, overwrite)
    except UsageError:
        with contextlib.suppress(OSError):  # a mistake found before anything was made leaves nothing behind
            folder.rmdir()
        raise


def _check_folder(folder: Path, recipe: Recipe) -> None:
    """Leave alone a folder that holds other things than a run."""
    if not folder.is_dir() or (folder / RECIPE_NAME).exists():
        return
    ours = {step.name for step in recipe.steps} | {"cache"}
    others = sorted(entry.name for entry in folder.iterdir() if entry.name not in ours)
    if others:
        raise OutputError(
            f"the output folder holds files that codetune did not make, {others[0]} among them",
            where=str(folder),
            next_step="choose an empty or new folder with -o",
        )


def _run_steps(recipe: Recipe, folder: Path, context: StageContext, overwrite: bool) -> list[StepResult]:
    results: list[StepResult] = []
    for step in recipe.steps:
        output = folder / step.name
        before = read_card(output)
        inputs = [folder / source for source in step.sources]
        clock = time.monotonic()
        card = STAGES[step.stage].run(step.settings, inputs, output, context, overwrite=overwrite)
        worked = card != before
        results.append(StepResult(step.name, card, output, worked=worked))
        if worked:
            context.progress.finish()
            context.progress.note(f"{step.name} finished in {time.monotonic() - clock:.1f} s")
    resolved = recipe.to_yaml()
    path = folder / RECIPE_NAME
    if not path.exists() or path.read_text("utf-8") != resolved:
        write_text(path, resolved)
    return results
