"""Looks through a recipe step by step: what is finished, what each step will do, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from codetune.curate.config import CurateConfig
from codetune.errors import CodetuneError, ConfigError, DataError
from codetune.evaluate.config import EvaluateConfig
from codetune.mix.config import MixConfig
from codetune.recipes.preview.checks import faults_of, training_of
from codetune.recipes.preview.evaluation import preview_evaluate
from codetune.recipes.preview.expected import Expected, RecipePreview, StepPreview
from codetune.recipes.preview.graded_rows import seen_rows
from codetune.recipes.preview.rows import (
    preview_collect,
    preview_curate,
    preview_mix,
    preview_tasks,
    rows_in,
    sampled,
)
from codetune.recipes.preview.synthesis import preview_synth
from codetune.recipes.preview.training import preview_train
from codetune.recipes.recipe import Recipe, Step
from codetune.records import RECORD_TYPES
from codetune.sources.config import CollectConfig
from codetune.sources.registry import get_source
from codetune.store.run_card import RunCard, read_card
from codetune.store.stage_output import PLAN_NAME
from codetune.synth.config import SynthConfig
from codetune.tasks.config import TasksConfig
from codetune.train.config import TrainConfig

__all__ = ["check_recipe", "check_rows", "preview_recipe"]

_RENAMED = {
    "synth": {"model", "profile", "judges", "options", "prompts", "in_flight", "budget", "model_map"},
}  # fmt: skip
"""Stage -> settings that its plan has in another form, or not at all."""


def check_recipe(recipe: Recipe, folder: Path) -> None:
    """See that nothing is known to stand in the way of a run, before it spends anything.

    Args:
        recipe: What is to be run.
        folder: Where; finished steps are not looked at again.

    Raises:
        ConfigError: What is missing, all of it.
    """
    faults = [
        f"{step.name}: {fault}"
        for step in recipe.steps
        if read_card(folder / step.name) is None
        for fault in (*faults_of(step, recipe, fetches=True), *seen_rows(step, recipe, folder))
    ]
    _refuse(faults)


def check_rows(recipe: Recipe, folder: Path) -> None:
    """See that no model is graded on rows that it learns from; called again when the rows are there.

    Raises:
        ConfigError: Some are; the message names them.
    """
    _refuse([f"{step.name}: {fault}" for step in recipe.steps for fault in seen_rows(step, recipe, folder)])


def _refuse(faults: Sequence[str]) -> None:
    if len(faults) == 1:
        raise ConfigError(f"the recipe can't run: {faults[0].rstrip('.')}")
    if faults:
        listed = "".join(f"\n  {fault}" for fault in faults)
        raise ConfigError(
            f"the recipe can't run, for {len(faults)} reasons:{listed}\ncorrect them and run again"
        )


def preview_recipe(recipe: Recipe, folder: Path) -> RecipePreview:
    """What each step will do. Nothing is asked, and nothing is written.

    Args:
        recipe: What would be run.
        folder: Where.
    """
    steps: dict[str, StepPreview] = {}
    for step in recipe.steps:
        inputs = [steps[source] for source in step.sources]
        card = read_card(folder / step.name)
        if card is not None:
            steps[step.name] = _finished(step, card, folder / step.name)
            continue
        faults = [*faults_of(step, recipe, fetches=False), *seen_rows(step, recipe, folder)]
        try:
            found = _preview(step, recipe, inputs, steps)
        except CodetuneError as error:
            found = StepPreview(name=step.name, stage=step.stage)
            faults = faults or [str(error)]
        if (folder / step.name / PLAN_NAME).exists():
            found = replace(found, state="begun", notes=(*found.notes, "it goes on where it stopped"))
        steps[step.name] = found.with_faults(faults)
    return RecipePreview(name=recipe.name, steps=tuple(steps.values()))


def _finished(step: Step, card: RunCard, folder: Path) -> StepPreview:
    kind = RECORD_TYPES.get(card.record or "")
    numbers = [Expected(name, float(count), "it is made", False) for name, count in card.counts.items()]
    if kind is not None:
        numbers.append(Expected("rows out", float(card.counts["kept"]), "it is made", False))
    faults = []
    different = _difference(step, card)
    if different:
        faults.append(
            f"it was made with other settings ({different}); --overwrite replaces it, or choose another -o."
        )
    try:
        sample = sampled(folder) if kind is not None else []
    except DataError as error:
        sample, faults = [], [*faults, str(error)]
    return StepPreview(
        name=step.name, stage=step.stage, state="finished", expected=tuple(numbers), licenses=card.licenses,
        kind=kind, sample=sample, faults=tuple(faults),
    )  # fmt: skip


def _difference(step: Step, card: RunCard) -> str:
    """A setting that a finished step was made with, where it is another one now."""
    now: Mapping[str, Any] = step.settings.model_dump(mode="json")
    for key in sorted(set(now) & set(card.plan.config) - _RENAMED.get(step.stage, set())):
        if now[key] != card.plan.config[key]:
            return f"{key} was {card.plan.config[key]}, not {now[key]}"
    return ""


def _preview(
    step: Step, recipe: Recipe, inputs: Sequence[StepPreview], steps: Mapping[str, StepPreview]
) -> StepPreview:
    settings = step.settings
    if isinstance(settings, CollectConfig):
        return preview_collect(step, settings, recipe.seed)
    if isinstance(settings, TasksConfig):
        return preview_tasks(step, settings, inputs, recipe.seed)
    if isinstance(settings, SynthConfig):
        return preview_synth(step, settings, inputs, recipe.seed)
    if isinstance(settings, CurateConfig):
        return preview_curate(step, settings, inputs)
    if isinstance(settings, MixConfig):
        return preview_mix(step, settings, inputs, lambda name: get_source(name).license)
    if isinstance(settings, TrainConfig):
        return preview_train(step, settings, inputs)
    if isinstance(settings, EvaluateConfig):
        training = training_of(step, recipe)
        trained = None
        if training is not None and isinstance(training.settings, TrainConfig):
            trained = (training.settings, [steps[name] for name in training.sources])
        return preview_evaluate(step, settings, inputs, trained)
    if step.stage == "report":
        return StepPreview(name=step.name, stage=step.stage)
    rows = (rows_in(inputs), Expected("rows out", None, "it depends on what the rows hold"))
    return StepPreview(name=step.name, stage=step.stage, expected=rows)
