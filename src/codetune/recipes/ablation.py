"""The variants of an ablation: a recipe and the settings to vary in, checked recipes out. Nothing is run here.

The first variant is the recipe as it is; the others are every combination of the varied values.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from codetune.config.settings import Settings
from codetune.config.yaml_file import parse_yaml
from codetune.errors import ConfigError
from codetune.recipes.recipe import Recipe, load_recipe
from codetune.seeding import check_seed

__all__ = ["AS_IT_IS", "MOST_RUNS", "Variant", "parse_seeds", "plan_variants"]

AS_IT_IS = "recipe"
"""Name of the first variant."""
MOST_RUNS = 24
"""Runs (variants times seeds) of one ablation, unless more are allowed."""
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Variant:
    """One recipe of the ablation."""

    name: str
    changes: Mapping[str, Any]
    """`STEP.SETTING` -> value; empty for the recipe as it is."""
    recipe: Recipe

    @property
    def folder_name(self) -> str:
        """Its name, as a file system takes it."""
        plain = re.sub(r"[^\w.=+-]+", "-", self.name).strip("-")
        if plain == self.name and len(plain) <= _LONGEST_NAME:
            return plain
        digest = blake2b(self.name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
        return f"{plain[:_LONGEST_NAME]}-{digest}"


def plan_variants(
    path: Path,
    kinds: Mapping[str, type[Settings]],
    vary: Sequence[str],
    *,
    overrides: Sequence[str] = (),
    variant: str | None = None,
    seeds: int = 1,
    most_runs: int = MOST_RUNS,
) -> list[Variant]:
    """Check a recipe and every combination of the varied values.

    Args:
        path: The recipe's file.
        kinds: Stage -> class of its settings.
        vary: `STEP.SETTING=VALUE,VALUE`, each value in YAML.
        overrides: `STEP.SETTING=VALUE` for all variants.
        variant: One of the recipe's own variants, for all.
        seeds: How many seeds each variant is run with.
        most_runs: Most variants times seeds.

    Raises:
        ConfigError: A step or setting that is not there, a wrong value, one value only or the same twice,
            a setting that is varied twice, nothing to compare, or too many runs.
    """
    base = load_recipe(path, kinds, overrides=overrides, variant=variant)
    if not any(step.stage == "evaluate" for step in base.steps):
        raise ConfigError(
            "the recipe has no evaluate step, and variants are compared by their scores",
            where=str(path),
            next_step="add a step with `stage: evaluate`",
        )
    grid = [_values(text) for text in vary]
    keys = [key for key, _ in grid]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ConfigError(
            "the setting is varied twice", where=f"--vary {twice}", next_step="give all values at once"
        )
    if not grid and seeds < 2:
        raise ConfigError(
            "nothing is varied", next_step="add --vary STEP.SETTING=VALUE,VALUE, or --seeds 0,1,2"
        )
    combinations = _count(grid)
    if combinations * seeds > most_runs:
        raise ConfigError(
            f"{combinations:,} variant{'s' if combinations > 1 else ''} with {seeds} seed{'s' if seeds > 1 else ''} "
            f"make {combinations * seeds:,} runs, more than {most_runs}",
            next_step="vary fewer values, or allow more with --max-runs",
        )

    def changed(changes: Mapping[str, Any]) -> Recipe:
        return load_recipe(
            path, kinds, overrides=overrides, variant=variant, more=changes, option="--vary"
        )  # fmt: skip

    for key, values in grid:
        _check_distinct(key, values, [changed({key: value}) for _, value in values])
    found = [Variant(AS_IT_IS, {}, base)]
    for chosen in itertools.product(*(values for _, values in grid)):
        changes = {key: value for key, (_, value) in zip(keys, chosen, strict=True)}
        recipe = changed(changes)
        if recipe.steps != base.steps:  # the combination that the recipe has already is the first variant
            name = ", ".join(f"{key}={text}" for key, (text, _) in zip(keys, chosen, strict=True))
            found.append(Variant(name, changes, recipe))
    return found


def _count(grid: Sequence[tuple[str, Sequence[Any]]]) -> int:
    total = 1
    for _, values in grid:
        total *= len(values)
    return total


def _values(text: str) -> tuple[str, list[tuple[str, Any]]]:
    """A setting and its values, each as it was written and as it is."""
    key, equals, values = text.partition("=")
    key = key.strip()
    option = f"--vary {key}"
    if not equals or not key:
        raise ConfigError(f"--vary {text!r} is not of the form STEP.SETTING=VALUE,VALUE")
    try:
        found = parse_yaml(f"[{values}]", option).data
    except ConfigError as error:
        raise ConfigError(
            f"{values!r} is not a list of values in YAML", where=option,
            next_step="separate them by commas, and put a value that holds a comma in quotes or brackets",
        ) from error  # fmt: skip
    if len(found) < 2:
        raise ConfigError(
            "one value alone can't be compared" if found else "there are no values", where=option,
            next_step="name two or more, separated by commas",
        )  # fmt: skip
    return key, [(_written(value), value) for value in found]


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(_written(item) for item in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _check_distinct(key: str, values: Sequence[tuple[str, Any]], recipes: Sequence[Recipe]) -> None:
    seen: list[tuple[str, Recipe]] = []
    for (text, _), recipe in zip(values, recipes, strict=True):
        for other, earlier in seen:
            if earlier.steps == recipe.steps:
                same = f"{text} twice" if text == other else f"{other} and {text}, which are the same"
                raise ConfigError(f"the values hold {same}", where=f"--vary {key}", next_step="leave one out")
        seen.append((text, recipe))


def parse_seeds(text: str) -> tuple[int, ...]:
    """Seeds as `--seeds` takes them, e.g. `0,1,2`.

    Raises:
        ConfigError: Not whole numbers, or one stands twice.
    """
    try:
        seeds = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"the seeds have to be whole numbers, not {text!r}", where="--seeds", next_step="write 0,1,2"
        ) from None
    if len(set(seeds)) < len(seeds):
        raise ConfigError("a seed stands twice", where="--seeds", next_step="leave one out")
    return tuple(check_seed(seed, "--seeds") for seed in seeds)
