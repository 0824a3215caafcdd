"""Runs the variants of an ablation; a stage that two of them need is made once.

    OUT/stages/<hash>/<step>/          a stage's output; the hash is of its settings, its seed and its inputs' content
    OUT/runs/<variant>/seed-<n>/       links to the stages of one run, and its recipe.yaml: what `codetune report` reads
    OUT/ablation.json                  what came of it

A stage is found by the content of its inputs, so variants that come to the same rows share what follows too.
A killed ablation continues where it stopped; more variants in the same folder use what is there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codetune.engine.progress import Progress, SilentProgress
from codetune.engine.protocol import Engine
from codetune.errors import CodetuneError, ConfigError
from codetune.evaluate.config import EvaluateConfig
from codetune.evaluate.statistics.ablation import ScoredVariant
from codetune.recipes.ablation import Variant
from codetune.recipes.preview.recipe_preview import check_recipe, check_rows
from codetune.recipes.recipe import Step
from codetune.recipes.runner import StepResult, check_folder, run_step, write_recipe
from codetune.recipes.stages import STAGES
from codetune.store.atomic import disk_errors, make_folder
from codetune.store.cache import cache_folder, make_cache
from codetune.store.context import StageContext
from codetune.store.hashing import file_hash, json_hash
from codetune.store.run_card import CARD_NAME, read_card

__all__ = ["ABLATION_NAME", "PAGE_NAME", "VariantRun", "run_variants", "scored"]

ABLATION_NAME = "ablation.json"
PAGE_NAME = "ablation.html"
_OURS = ("stages", "runs", ABLATION_NAME, PAGE_NAME, "cache")


@dataclass(frozen=True)
class VariantRun:
    """One variant with one seed."""

    variant: Variant
    seed: int
    folder: Path
    results: tuple[StepResult, ...] = ()
    shared: frozenset[str] = frozenset()
    """Steps whose output an earlier run of this ablation has too."""
    failed: str = ""
    """Why it stopped, in a sentence; "" where it is finished."""


def run_variants(
    variants: Sequence[Variant],
    seeds: Sequence[int],
    folder: Path,
    *,
    engine: Engine,
    seeds_from: str | None = None,
    progress: Progress | None = None,
    cache: Path | None = None,
    overwrite: bool = False,
) -> list[VariantRun]:
    """Run every variant with every seed.

    Args:
        variants: The recipe as it is comes first.
        seeds: Of the runs.
        folder: Where the ablation goes; made if absent.
        engine: Where shards are worked on.
        seeds_from: First step that gets the seeds; those before it keep the recipe's own. None: all get them.
        progress: Shows what is being done.
        cache: Folder of answers, verdicts and weights; None takes the project's.
        overwrite: Replace stages whose files outside (data, code) have changed.

    Returns:
        One entry a run. A variant that can't be finished says why; the others go on.

    Raises:
        CodetuneError: The recipe as it is can't be finished.
        ConfigError: `seeds_from` names no step, or a server at a URL would have to know every variant's model.
    """
    _check(variants, seeds, seeds_from, folder)
    check_folder(folder, _OURS)
    kept = make_cache(cache_folder(cache))
    make_folder(folder)
    context = StageContext(cache=kept, engine=engine, progress=progress or SilentProgress())
    known: set[Path] = set()
    runs: list[VariantRun] = []
    total = len(variants) * len(seeds)
    # Seeds outside, so that an interrupted ablation has whole comparisons of the first seed.
    for seed in seeds:
        for variant in variants:
            context.progress.note(f"run {len(runs) + 1} of {total}: {variant.name}, seed {seed}")
            where = folder / "runs" / variant.folder_name / f"seed-{seed}"
            seed_of = _seeds(variant, seed, seeds_from)
            run = VariantRun(variant, seed, where)
            try:
                results = _run(variant, folder, where, seed_of, context, overwrite)
                shared = frozenset(result.name for result in results if result.folder in known)
                known.update(result.folder for result in results)
                run = replace(run, results=tuple(results), shared=shared)
            except CodetuneError as error:
                if variant is variants[0]:
                    raise
                context.progress.finish()
                context.progress.note(f"{variant.name} stopped: {error}")
                run = replace(run, failed=str(error))
            runs.append(run)
    return runs


def _check(variants: Sequence[Variant], seeds: Sequence[int], seeds_from: str | None, folder: Path) -> None:
    names = [step.name for step in variants[0].recipe.steps]
    if seeds_from is not None and seeds_from not in names:
        raise ConfigError(
            f"the recipe has no step {seeds_from!r}; its steps are {', '.join(names)}", where="--seeds-from"
        )
    for variant in variants:
        for step in variant.recipe.steps:
            STAGES[step.stage].check_installed(step.settings)
            if isinstance(step.settings, EvaluateConfig) and step.settings.is_served_elsewhere:
                raise ConfigError(
                    "a server at a URL can't know the model that each variant tunes",
                    where=f"{step.name}.serve",
                    next_step=f"add --set {step.name}.serve=auto",
                )
    for variant in variants:
        check_recipe(variant.recipe, folder / "runs" / variant.folder_name / f"seed-{seeds[0]}")


def _seeds(variant: Variant, seed: int, seeds_from: str | None) -> Mapping[str, int]:
    steps = [step.name for step in variant.recipe.steps]
    first = steps.index(seeds_from) if seeds_from is not None else 0
    return {name: seed if place >= first else variant.recipe.seed for place, name in enumerate(steps)}


def _run(
    variant: Variant,
    folder: Path,
    where: Path,
    seed_of: Mapping[str, int],
    context: StageContext,
    overwrite: bool,
) -> list[StepResult]:
    outputs: dict[str, Path] = {}
    results = []
    for step in variant.recipe.steps:
        if step.stage == "train":
            check_rows(variant.recipe, where)
        inputs = [outputs[source] for source in step.sources]
        seed = seed_of[step.name]
        output = folder / "stages" / _address(step, inputs, seed) / step.name
        results.append(run_step(step, inputs, output, replace(context, seed=seed), overwrite=overwrite))
        outputs[step.name] = output
        _link(where / step.name, output)
    write_recipe(replace(variant.recipe, seed=seed_of[results[-1].name]), where)
    return results


def _address(step: Step, inputs: Sequence[Path], seed: int) -> str:
    """Hash of all that decides a step's output: equal ones are the same stage."""
    return json_hash(
        {
            "name": step.name,
            "stage": step.stage,
            "settings": step.settings.model_dump(mode="json"),
            "seed": seed,
            "inputs": [_content(path, whole=step.stage == "report") for path in inputs],
        }
    )


def _content(folder: Path, *, whole: bool) -> list[str]:
    """What a step can see of an input: its rows, and the datasets inside it (held-out splits).

    Args:
        folder: A finished output.
        whole: Take the run card with its settings and times too, as the report shows them.
    """
    card = read_card(folder)
    assert card is not None  # the step before has finished
    if whole or card.record is None:
        return [file_hash(folder / CARD_NAME)]
    inner = (read_card(path.parent) for path in sorted(folder.glob(f"*/{CARD_NAME}")))
    return [card.output_hash, *(found.output_hash for found in inner if found is not None)]


def _link(link: Path, target: Path) -> None:
    """Make or replace a link to a stage's folder; relative, so that the whole ablation can be moved."""
    make_folder(link.parent)
    wanted = os.path.relpath(target, link.parent)
    with disk_errors(link):
        if link.is_symlink() and os.readlink(link) == wanted:
            return
        temporary = link.with_name(f".{link.name}.tmp")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(wanted, target_is_directory=True)
        temporary.replace(link)


def scored(runs: Sequence[VariantRun]) -> list[ScoredVariant]:
    """Where the scores of each variant lie, in the order of the runs."""
    found: dict[str, list[VariantRun]] = {}
    for run in runs:
        found.setdefault(run.variant.name, []).append(run)
    return [_scored(several) for several in found.values()]


def _scored(runs: Sequence[VariantRun]) -> ScoredVariant:
    finished = [run for run in runs if not run.failed]
    failed = next((run.failed for run in runs if run.failed), "")
    scores = {
        run.seed: {
            result.name: result.folder / "tuned"
            for result in run.results
            if result.card.plan.stage == "evaluate"
        }
        for run in finished
    }
    trained = [r.card for run in finished[:1] for r in run.results if r.card.plan.stage == "train"]
    facts = {"rows trained on": sum(card.counts.get("rows", 0) for card in trained)} if trained else {}
    first = runs[0].variant
    return ScoredVariant(name=first.name, changes=first.changes, scores=scores, failed=failed, facts=facts)
