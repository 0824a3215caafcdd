"""Run a recipe's stages in order, each in its own folder of the run; finished ones are skipped.

    RUN/<name of the step>/     its output, with run.json
    RUN/recipe.yaml             the resolved recipe, every default filled in

What can be used again by another run (answers, verdicts, weights) is in the cache, not in the run.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from codetune.engine.progress import Progress, SilentProgress
from codetune.engine.protocol import Engine
from codetune.errors import DataError, OutputError, UsageError
from codetune.recipes.preview.recipe_preview import check_recipe, check_rows
from codetune.recipes.recipe import Recipe, Step
from codetune.recipes.stages import STAGES
from codetune.store.atomic import make_folder, write_text
from codetune.store.cache import cache_folder, make_cache
from codetune.store.context import StageContext
from codetune.store.run_card import RunCard, read_card

__all__ = ["RECIPE_NAME", "StepResult", "check_folder", "run_recipe", "run_step", "write_recipe"]

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
        ConfigError: Something else stands in the way: a model, data or a sandbox that is not there, or rows
            to be graded on that training learns from.
    """
    for step in recipe.steps:
        if read_card(folder / step.name) is None:
            STAGES[step.stage].check_installed(step.settings)
    if not (folder / RECIPE_NAME).exists():
        check_folder(folder, {step.name for step in recipe.steps} | {"cache"})
    check_recipe(recipe, folder)
    kept = make_cache(cache_folder(cache))
    make_folder(folder)
    context = StageContext(
        seed=recipe.seed,
        cache=kept,
        engine=engine,
        progress=progress or SilentProgress(),
    )
    try:
        return _run_steps(recipe, folder, context, overwrite)
    except UsageError:
        with contextlib.suppress(OSError):  # a mistake found before anything was made leaves nothing behind
            folder.rmdir()
        raise


def check_folder(folder: Path, ours: Collection[str]) -> None:
    """Leave alone a folder that holds other things than a run.

    Args:
        folder: Where the run goes.
        ours: Names that a run may have left there.

    Raises:
        OutputError: It holds something else.
    """
    if not folder.is_dir():
        return
    others = sorted(entry.name for entry in folder.iterdir() if entry.name not in ours)
    if others:
        raise OutputError(
            f"the output folder holds files that codetune did not make, {others[0]} among them",
            where=str(folder),
            next_step="choose an empty or new folder with -o",
        )


def run_step(
    step: Step, inputs: Sequence[Path], output: Path, context: StageContext, *, overwrite: bool
) -> StepResult:
    """Run one step, unless it is finished.

    Args:
        step: What to run.
        inputs: Folders of the steps it reads, in the order of its `sources`.
        output: Its folder.
        context: Seed, cache, engine, progress.
        overwrite: Replace an output of other settings or inputs.
    """
    before = read_card(output)
    clock = time.monotonic()
    card = STAGES[step.stage].run(step.settings, inputs, output, context, overwrite=overwrite)
    worked = card != before
    if worked:
        context.progress.finish()
        context.progress.note(f"{step.name} finished in {time.monotonic() - clock:.1f} s")
        if card.record is not None and not card.counts.get("kept"):
            context.progress.note(f"{step.name} {_kept_none(card)}")
    return StepResult(step.name, card, output, worked=worked)


def write_recipe(recipe: Recipe, folder: Path) -> None:
    """Write the resolved recipe beside its steps; the same text is left as it is."""
    resolved = recipe.to_yaml()
    path = folder / RECIPE_NAME
    if not path.exists() or path.read_text("utf-8") != resolved:
        write_text(path, resolved)


def _run_steps(recipe: Recipe, folder: Path, context: StageContext, overwrite: bool) -> list[StepResult]:
    results = []
    for step in recipe.steps:
        if step.stage == "train":
            check_rows(recipe, folder)  # the rows are there now, and nothing is trained yet
        inputs = [folder / source for source in step.sources]
        results.append(run_step(step, inputs, folder / step.name, context, overwrite=overwrite))
        if step.stage in _ENDS_IF_EMPTY:
            _check_kept(results[-1])
    write_recipe(recipe, folder)
    return results


_ENDS_IF_EMPTY = {
    "collect": "its folder rejects/ holds each with its reason; name another folder, or raise the limit that was met",
    "tasks": "name code whose functions have docstrings, other tasks, or with language: zh their language",
}
"""Stage -> what to do where it kept nothing."""


def _check_kept(result: StepResult) -> None:
    """End a run that found nothing to ask here, rather than after minutes of the steps that follow.

    Raises:
        DataError: No row was kept.
    """
    if result.card.counts.get("kept"):
        return
    raise DataError(
        f"{result.name} {_kept_none(result.card)}",
        where=str(result.folder),
        next_step=_ENDS_IF_EMPTY[result.card.plan.stage],
    )


def _kept_none(card: RunCard) -> str:
    reasons = Counter(card.rejects).most_common(1)
    why = f", most were rejected as: {reasons[0][0]}" if reasons else ""
    return f"kept no row of {card.counts.get('rejected', 0):,}{why}"
