"""What stands in the way of a step, found before anything is spent: a missing model, key, file or sandbox.

Each check gives sentences; none of them asks a model or writes a file. Whether rows of a test were trained
on is asked in `graded_rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from codetune.config.faults import nearest
from codetune.curate.config import CurateConfig
from codetune.curate.row_checks import named_checks
from codetune.errors import CodetuneError
from codetune.evaluate.backends.base_check import EMBEDDED
from codetune.evaluate.benchmarks.registry import benchmark, load_problems
from codetune.evaluate.config import EvaluateConfig
from codetune.evaluate.prompts.protocols import check_covers
from codetune.evaluate.scoring.item_needs import check_toolchains
from codetune.execution.host.probe import choose_spec
from codetune.mix.config import MixConfig
from codetune.models.embedded.gguf_file import check_gguf
from codetune.models.embedded.smollm2 import smollm2_weights
from codetune.models.folder import ModelFolder
from codetune.models.hub import check_hub_name, hub_folder, is_hub_name
from codetune.models.model_map import Mix, load_model_map
from codetune.models.open import BACKENDS
from codetune.recipes.preview.training import has_graphics_card
from codetune.recipes.recipe import Recipe, Step
from codetune.recipes.stages import STAGES
from codetune.sources.config import CollectConfig
from codetune.sources.files.remote import is_remote
from codetune.sources.registry import get_source
from codetune.synth.config import SynthConfig
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import build_generator
from codetune.train.config import TrainConfig
from codetune.train.weights.base_model import BaseModel
from codetune.train.weights.gguf_model import refuse_unknown

__all__ = ["faults_of", "training_of"]


_READERS = ("tasks", "histories", "area", "synth", "curate", "train")
"""Stages that have nothing to do without rows of an earlier step."""


def faults_of(step: Step, recipe: Recipe, *, fetches: bool) -> list[str]:
    """Why a step can't run, a sentence each; none where nothing is known to be wrong.

    Args:
        step: A step that is not finished.
        recipe: The recipe it is of.
        fetches: Whether a model of the hub is downloaded, to see that it can be had.
    """
    checks: list[Callable[[], object]] = [partial(STAGES[step.stage].check_installed, step.settings)]
    settings = step.settings
    if not step.sources and step.stage in _READERS:
        return ["it reads no step; name one or more under `from`."]
    if isinstance(settings, CollectConfig):
        checks.append(partial(_collect, settings, recipe.seed))
    elif isinstance(settings, SynthConfig):
        checks += [partial(_synth, settings, recipe.seed), *_models(settings, fetches=fetches)]
    elif isinstance(settings, CurateConfig):
        checks += [partial(load_problems, name) for name in settings.decontaminate]
        checks.append(partial(named_checks, settings.checks))
    elif isinstance(settings, MixConfig):
        return _sentences(checks) + list(_mix(settings))
    elif isinstance(settings, TrainConfig):
        by_name = not fetches and is_hub_name(settings.model)
        checks.append(partial(check_hub_name if by_name else BaseModel.find, settings.model))
        return _sentences(checks) + list(_training(settings))
    elif isinstance(settings, EvaluateConfig):
        return _sentences(checks) + list(_evaluate(settings, step, recipe))
    return _sentences(checks)


def _sentences(checks: Iterable[Callable[[], object]]) -> list[str]:
    found = []
    for check in checks:
        try:
            check()
        except CodetuneError as error:
            found.append(str(error))
    return found


def _collect(settings: CollectConfig, seed: int) -> None:
    source = get_source(settings.source)
    if settings.path is None or not is_remote(settings.path):
        source.open(settings, seed)


def _synth(settings: SynthConfig, seed: int) -> None:
    load_prompts(build_generator(settings, seed=seed), settings.language, settings.prompts)


def _models(settings: SynthConfig, *, fetches: bool) -> Iterator[Callable[[], object]]:
    for name in (settings.model, *settings.judges):
        if name == "local":
            yield smollm2_weights
        elif name.endswith(".gguf"):
            yield partial(check_gguf, Path(name))
        elif Path(name).expanduser().is_dir():
            yield partial(ModelFolder.find, Path(name).expanduser())
        elif settings.model_map is None and is_hub_name(name):
            yield partial(hub_folder if fetches else check_hub_name, name)
        elif "://" not in name and name.partition(":")[0] not in BACKENDS:
            yield partial(_of_the_map, name, settings.model_map)


def _of_the_map(name: str, model_map: Path | None) -> None:
    """A model by name is in the map, and the keys of its endpoints are there."""
    if model_map is None:
        raise CodetuneError(
            f"there is no model {name!r}",
            where="model",
            next_step="choose local, a .gguf file or a URL ending in /v1, or name its file with model_map",
        )
    known = load_model_map(model_map)
    if name not in known:
        raise CodetuneError(
            f"there is no model {name!r} in the model map{nearest(name, known)}", where=str(model_map)
        )
    entry = known[name]
    parts = list(entry.mix) if isinstance(entry, Mix) else [name]
    for part in parts:
        spec = known[part]
        for endpoint in () if isinstance(spec, Mix) else spec.endpoints:
            endpoint.resolved_headers()


def _mix(settings: MixConfig) -> Iterator[str]:
    if settings.missing == "skip":
        return
    base = Path(settings.data) if settings.data else Path()
    for part in settings.parts:
        given = part.dataset or part.path
        if given is None or is_remote(given):
            continue
        path = base / given
        if not path.exists() and not (part.source == "code" and given == "stdlib"):
            yield f"the part {part.name} can't be had: there is nothing at {path}."


def _training(settings: TrainConfig) -> Iterator[str]:
    needs = [*settings.gpu_only, *(["method: qlora"] if settings.method == "qlora" else [])]
    if needs and not has_graphics_card() and settings.loop != "trl":
        yield f"this machine has no GPU, and {' and '.join(needs)} needs one; remove the setting."


def _evaluate(settings: EvaluateConfig, step: Step, recipe: Recipe) -> Iterator[str]:
    trained = training_of(step, recipe)
    if trained is None:
        yield "there is no train step among the steps it reads; name one under `from`."
    for name in settings.benchmarks:
        yield from _sentences([partial(_benchmark, name, settings, step, recipe)])
    unknown = sorted(set(settings.data) - set(settings.benchmarks))
    if unknown:
        yield f"data is given for {unknown[0]!r}, which is no benchmark of this step."
    if trained is not None and settings.serve == "embedded":
        config: Any = trained.settings
        if config.method == "full" or not (config.model == EMBEDDED or config.model.endswith(".gguf")):
            yield "the embedded server can't answer for this training; set serve to folder or auto."
    if trained is not None and settings.serve == "gguf":
        base = Path(getattr(trained.settings, "model", "")).expanduser()
        yield from _sentences([partial(refuse_unknown, base)] if (base / "config.json").is_file() else [])
    executed = [name for name in settings.benchmarks if not name.startswith("task:")]
    if executed and settings.sandbox:
        yield from _sentences([choose_spec])


def _benchmark(name: str, settings: EvaluateConfig, step: Step, recipe: Recipe) -> None:
    chosen = benchmark(name)
    check_covers(settings.protocol, name)
    given = settings.data.get(name)
    if given is not None and is_remote(given):
        return
    if given is not None or not name.startswith("task:"):
        problems = chosen.load(Path(given) if given is not None else None)
        if chosen.graded is None:
            check_toolchains(problems)
        return
    trained = training_of(step, recipe)
    beside = [source for source in step.sources if trained is None or source != trained.name]
    config: Any = trained.settings if trained is not None else None
    if not beside and config is not None and min(config.held_out_rows, config.held_out_fraction) <= 0:
        raise CodetuneError(
            f"{name} needs rows that training does not see, and the training holds none out",
            next_step="set held_out_fraction and held_out_rows, or name a dataset beside the training under `from`",
        )


def training_of(step: Step, recipe: Recipe) -> Step | None:
    """The train step that an evaluate step reads."""
    steps: Mapping[str, Step] = {one.name: one for one in recipe.steps}
    found: Sequence[Step] = [steps[name] for name in step.sources if steps[name].stage == "train"]
    return found[0] if found else None
