"""A recipe: named stages with their settings, each fed by earlier ones.

    name: mine
    seed: 0
    stages:
      - name: snippets
        stage: collect
        with: {source: code, path: src}
      - name: instructions
        stage: tasks
        from: [snippets]
    variants:
      fast:
        snippets.limit: 50

What goes in is YAML, what comes out is a `Recipe` with every setting checked. All faults are reported
at once, each with its line. A recipe runs nothing itself: `runner.run_recipe` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from codetune.config.faults import Fault, check_settings, nearest, raise_faults
from codetune.config.reading import parse_assignment, repeated_keys
from codetune.config.settings import Settings
from codetune.config.yaml_file import YamlFile, load_yaml
from codetune.errors import ConfigError
from codetune.seeding import check_seed

__all__ = ["Recipe", "Step", "load_recipe", "shipped_recipe"]

_TOP_KEYS = ("name", "seed", "description", "stages", "variants")
_STEP_KEYS = ("name", "stage", "from", "with")
_SHIPPED = Path(__file__).parent


@dataclass(frozen=True)
class Step:
    """One stage of a recipe."""

    name: str
    """What the recipe calls it; its folder in the run."""
    stage: str
    """Which stage it is."""
    sources: tuple[str, ...]
    """Names of the earlier steps whose output it reads."""
    settings: Settings


@dataclass(frozen=True)
class Recipe:
    """A whole run, checked."""

    name: str
    seed: int
    steps: tuple[Step, ...]
    description: str = ""

    def to_yaml(self) -> str:
        """The recipe with every default filled in; it loads back to an equal one."""
        plain = {
            "name": self.name,
            "seed": self.seed,
            "stages": [
                {
                    "name": step.name,
                    "stage": step.stage,
                    **({"from": list(step.sources)} if step.sources else {}),
                    "with": step.settings.model_dump(mode="json"),
                }
                for step in self.steps
            ],
        }
        if self.description:
            plain["description"] = self.description
        return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def shipped_recipe(name: str) -> Path:
    """Path of a recipe that comes with codetune."""
    return _SHIPPED / f"{name}.yaml"


def load_recipe(
    path: Path,
    kinds: Mapping[str, type[Settings]],
    *,
    overrides: Mapping[str, Any] | Sequence[str] = (),
    variant: str | None = None,
    seed: int | None = None,
    more: Mapping[str, Any] | None = None,
    option: str = "--set",
) -> Recipe:
    """Read and check a recipe.

    Args:
        path: The YAML file.
        kinds: Stage -> class of its settings.
        overrides: `STEP.KEY` -> value, or texts `STEP.KEY=VALUE` with a YAML value; they win over the
            file and its variant.
        variant: Name of one of the file's variants, applied before the overrides.
        seed: Replaces the file's seed.
        more: `STEP.KEY` -> value, set last.
        option: What messages about `more` call the option that gave it.

    Raises:
        ConfigError: Every fault, with its line.
    """
    file = load_yaml(path)
    faults = repeated_keys(file)
    top = _top(file, faults)
    if not _has_steps(top):
        raise_faults(file, faults)
    if variant is not None:
        for key, value in _variant(file, variant).items():
            _assign(file, kinds, key, value, f"variant {variant}")
    for key, value in _assignments(overrides):
        _assign(file, kinds, key, value, f"--set {key}")
    for key, value in (more or {}).items():
        _assign(file, kinds, key, value, f"{option} {key}")
    built = _steps(file, top["stages"], kinds, faults)
    raise_faults(file, faults)
    return Recipe(
        name=str(top.get("name") or path.stem),
        seed=check_seed(seed if seed is not None else top.get("seed", 0)),
        steps=_with_benchmarks(built),
        description=str(top.get("description") or ""),
    )


def _top(file: YamlFile, faults: list[Fault]) -> dict[str, Any]:
    top = file.data
    if not isinstance(top, dict):
        faults.append(Fault(1, "a recipe is a mapping with the key 'stages'"))
        return {}
    for key in top:
        if key not in _TOP_KEYS:
            faults.append(Fault(file.line((key,)), f"unknown key {key!r}{nearest(key, _TOP_KEYS)}"))
    if not isinstance(top.get("seed", 0), int) or isinstance(top.get("seed", 0), bool):
        faults.append(Fault(file.line(("seed",)), "seed: it has to be a whole number"))
    stages = top.get("stages")
    if not isinstance(stages, list) or not stages:
        faults.append(Fault(file.line(("stages",)), "'stages' has to be a list with at least one stage"))
        return top
    for number, step in enumerate(stages):
        line = file.line(("stages", number))
        if not isinstance(step, dict):
            faults.append(Fault(line, "a stage is a mapping with the keys 'name' and 'stage'"))
            continue
        faults.extend(
            Fault(file.line(("stages", number, key)), f"unknown key {key!r}{nearest(key, _STEP_KEYS)}")
            for key in step
            if key not in _STEP_KEYS
        )
        if not isinstance(step.get("with") or {}, dict):
            faults.append(Fault(file.line(("stages", number, "with")), "'with' has to be a mapping"))
    return top


def _has_steps(top: Mapping[str, Any]) -> bool:
    """Whether there are steps to look into; where not, the faults found so far are all there is."""
    stages = top.get("stages")
    return (
        isinstance(stages, list)
        and bool(stages)
        and all(isinstance(step, dict) and isinstance(step.get("with") or {}, dict) for step in stages)
        and isinstance(top.get("seed", 0), int)
    )


def _assignments(overrides: Mapping[str, Any] | Sequence[str]) -> list[tuple[str, Any]]:
    if isinstance(overrides, Mapping):
        return list(overrides.items())
    return [parse_assignment(text, "STAGE.KEY=VALUE") for text in overrides]


def _variant(file: YamlFile, name: str) -> Mapping[str, Any]:
    known = file.data.get("variants") or {}
    if not isinstance(known, dict):
        raise ConfigError("'variants' has to be a mapping", where=file.name)
    if name not in known:
        raise ConfigError(f"the recipe has no variant {name!r}{nearest(name, known)}", where=file.name)
    changes = known[name] or {}
    if not isinstance(changes, dict):
        raise ConfigError(f"the variant {name!r} has to be a mapping of STAGE.KEY to values", where=file.name)
    return changes


def _assign(file: YamlFile, kinds: Mapping[str, type[Settings]], key: str, value: Any, option: str) -> None:
    """Set `STEP.KEY` of the recipe."""
    name, _, setting = key.partition(".")
    steps = file.data["stages"]
    names = [step.get("name", step.get("stage")) for step in steps]
    if name not in names:
        raise ConfigError(
            f"the recipe has no stage {name!r}{nearest(name, [str(n) for n in names if n])}", where=option
        )
    if not setting:
        raise ConfigError(f"{key!r} names no setting", where=option, next_step="write STAGE.KEY=VALUE")
    number = names.index(name)
    kind = kinds.get(steps[number].get("stage"), Settings)
    path = kind.path_of(setting, steps[number].get("with") or {})
    file.assign(("stages", number, "with", *path), value, option)


def _steps(
    file: YamlFile, steps: list[dict[str, Any]], kinds: Mapping[str, type[Settings]], faults: list[Fault]
) -> list[Step]:
    built: list[Step] = []
    seen: dict[str, int] = {}
    for number, step in enumerate(steps):
        path = ("stages", number)
        stage = step.get("stage")
        name = step.get("name", stage)
        if stage is None:
            faults.append(Fault(file.line(path), "the key 'stage' is missing"))
            continue
        if not isinstance(stage, str) or stage not in kinds:
            message = f"there is no stage {stage!r}{nearest(str(stage), kinds)}"
            faults.append(Fault(file.line((*path, "stage")), message))
            continue
        if not isinstance(name, str) or not name.replace("-", "").replace("_", "").isalnum():
            faults.append(
                Fault(file.line((*path, "name")), f"the name {name!r} has to be letters, digits, - and _")
            )
            continue
        if name in seen:
            faults.append(
                Fault(
                    file.line((*path, "name")),
                    f"the stage {name!r} is named twice (first in line {seen[name]})",
                )
            )
            continue
        sources = step.get("from") or []
        sources = [sources] if isinstance(sources, str) else sources
        if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
            faults.append(Fault(file.line((*path, "from")), "'from' has to be a list of names of stages"))
            sources = []
        for source in sources:
            if source not in seen:
                known = nearest(str(source), seen) if seen else "; no stage comes before it"
                faults.append(
                    Fault(
                        file.line((*path, "from")),
                        f"{name} reads {source!r}, which no earlier stage is named{known}",
                    )
                )
        seen[name] = file.line(path)
        settings = check_settings(kinds[stage], step.get("with") or {}, file, (*path, "with"), faults)
        if settings is not None:
            built.append(Step(name, stage, tuple(sources), settings))
    return built


def _with_benchmarks(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, with `benchmarks` of each train step filled in from the evaluate steps that read it.

    Rows of one's own (`task:NAME`) are left out: they are compared row by row when they are asked.
    A train step that names its benchmarks, even none, keeps them.
    """
    made: list[Step] = []
    for step in steps:
        if step.stage == "train" and "benchmarks" not in step.settings.model_fields_set:
            asked = [
                name
                for other in steps
                if other.stage == "evaluate" and step.name in other.sources
                for name in _benchmarks(other.settings)
                if not name.startswith("task:")
            ]
            if asked:
                step = replace(
                    step,
                    settings=step.settings.model_copy(update={"benchmarks": tuple(dict.fromkeys(asked))}),
                )
        made.append(step)
    return tuple(made)


def _benchmarks(settings: Settings) -> tuple[str, ...]:
    return tuple(getattr(settings, "benchmarks", ()))
