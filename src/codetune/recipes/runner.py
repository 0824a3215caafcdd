"""Run a recipe's stages in order, each in its own folder of the run; finished ones are skipped.

RUN/<name of the step>/     its output, with run.json
RUN/cache/                  answers and verdicts already paid for, de-quantised weights
RUN/recipe.yaml             the resolved recipe, every default filled in
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from codetune.engine.progress import Progress, SilentProgress
from codetune.engine.protocol import Engine
from codetune.errors import UsageError
from codetune.recipes.recipe import Recipe
from codetune.recipes.stages import STAGES
from codetune.store.atomic import disk_errors, write_text
from codetune.store.context import StageContext
from codetune.store.run_card import RunCard, read_card

__all__ = ["StepResult", "run_recipe"]

CACHE_NAME = "cache"


@dataclass(frozen=True)
class StepResult:
    """What one step came to."""

    name: str
    card: RunCard
    folder: Path
    worked: bool
    """False where an earlier run had finished it."""


def run_recipe(
    recipe: Recipe, folder: Path, *, engine: Engine, progress: Progress | None = None
) -> list[StepResult]:
    """Run every step that is not finished.

    Args:
        recipe: The way.
        folder: Where the run lives; made if absent.
        engine: Where shards are worked on.
        progress: Told what is being done.

    Raises:
        OutputError: The folder holds another recipe's run; the message says what differs.
    """
    with disk_errors(folder):
        (folder / CACHE_NAME).mkdir(parents=True, exist_ok=True)
    try:
        return _run_steps(recipe, folder, engine, progress or SilentProgress())
    except UsageError:
        # A mistake found before anything was made leaves nothing behind.
        for empty in (folder / CACHE_NAME, folder):
            with contextlib.suppress(OSError):
                empty.rmdir()
        raise


def _run_steps(recipe: Recipe, folder: Path, engine: Engine, progress: Progress) -> list[StepResult]:
    context = StageContext(
        seed=recipe.seed,
        cache=folder / CACHE_NAME,
        engine=engine,
        progress=progress,
    )
    results: list[StepResult] = []
    for step in recipe.steps:
        output = folder / step.name
        before = read_card(output)
        inputs = [folder / source for source in step.sources]
        clock = time.monotonic()
        card = STAGES[step.stage].run(step.settings, inputs, output, context)
        results.append(StepResult(step.name, card, output, worked=before is None))
        if before is None:
            context.progress.finish()
            context.progress.note(f"{step.name} finished in {time.monotonic() - clock:.1f} s")
    resolved = recipe.to_yaml()
    path = folder / "recipe.yaml"
    if not path.exists() or path.read_text("utf-8") != resolved:
        write_text(path, resolved)
    return results
