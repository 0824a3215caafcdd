"""Each part of a mixture as a finished dataset of instructions, collected and turned into rows if need be.

What is made on the way (collected rows, translated snippets, rows of tasks) is kept in the cache as
dataset directories, so an interrupted mixture goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codetune.config.faults import build_settings
from codetune.errors import ConfigError, DataError
from codetune.mix.config import MixConfig, MixPart
from codetune.mix.translate import Prose, Translate, instruction_prose, snippet_prose, translate_rows
from codetune.records import Commit, Instruction, Record, Snippet, Submission
from codetune.sources.config import CollectConfig
from codetune.sources.registry import get_source
from codetune.sources.stage import run as collect
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.hashing import json_hash
from codetune.store.run_card import RunCard
from codetune.store.stage_output import replacing_other_runs
from codetune.tasks.config import TasksConfig
from codetune.tasks.stage import run as make_rows

__all__ = ["Missing", "Prepared", "prepare"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A part that is ready to be chosen from."""

    part: MixPart
    dataset: Dataset[Instruction]
    source: str
    """Name of its source, for the card."""
    url: str | None
    license: str | None
    """What rows without a licence of their own are under."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that can't be had, and why."""

    part: MixPart
    reason: str


def prepare(
    part: MixPart,
    config: MixConfig,
    given: Path | None,
    context: StageContext,
    translate: Translate | None,
) -> Prepared | Missing:
    """Make a part ready.

    Args:
        part: The part.
        config: The mixture it belongs to.
        given: Dataset for a part that names neither dataset nor source.
        context: Cache, engine, seed.
        translate: Translator of natural language, for parts that ask for it.

    Raises:
        CodetuneError: The part's rows are there and can't be used.
    """
    if part.translate and translate is None:
        return Missing(part, "it has to be translated, and no translator was given")
    source_name, url, license_name = part.name, part.url, part.license
    base = Path(config.data) if config.data else Path()
    if part.source is not None:
        source = get_source(part.source)
        source_name, url = source.name, part.url or source.url
        license_name = part.license or source.license
        path = _resolve(base, part.path or "")
        if path is None:
            return Missing(part, f"there is nothing at {base / (part.path or '')}")
        try:
            folder = _collected(part, path, config, context)
        except DataError as error:  # something lies there that is not this source's
            return Missing(part, f"{error.what} ({error.where or path})")
    else:
        found = given if part.dataset is None else base / part.dataset
        if found is None:
            return Missing(part, "no input dataset was given for it")
        if not (found / "run.json").exists():
            return Missing(part, f"there is no finished dataset at {found}")
        folder = found
    dataset = _instructions(part, folder, config, context, translate)
    return Prepared(part, dataset, source_name, url, license_name)


def _resolve(base: Path, path: str) -> str | None:
    """The path as collect reads it; None where it is a local one and not there."""
    if "://" in path:
        return path
    local = base / path
    return str(local) if local.exists() else None


def _collected(part: MixPart, path: str, config: MixConfig, context: StageContext) -> Path:
    assert part.source is not None
    given: dict[str, object] = {
        "source": part.source,
        "path": path,
        "languages": part.programming_languages,
        "prompt_templates": config.prompt_templates,
        "split": config.splits_of(part),
    }
    if part.language is not None and get_source(part.source).record is Instruction and not part.translate:
        given["language"] = part.language  # what becomes rows later is collected once for all languages
    settings = build_settings(CollectConfig, {**given, **part.options})
    key = json_hash([settings.model_dump(mode="json"), context.seed])
    return _made(context, f"{part.source}-{key[:12]}", lambda folder: collect(settings, [], folder, context))


def _instructions(
    part: MixPart, folder: Path, config: MixConfig, context: StageContext, translate: Translate | None
) -> Dataset[Instruction]:
    count = config.wanted(part)
    dataset: Dataset[Record] = Dataset(folder)
    if dataset.kind is Instruction:
        if not part.translate:
            return Dataset(folder, Instruction)
        prose = instruction_prose(part.language or "en", context.seed, config.prompt_templates)
        return Dataset(_translated(part, folder, prose, count, context, translate), Instruction)
    if dataset.kind not in (Snippet, Commit, Submission):
        raise DataError(
            f"a mixture can't be made of {dataset.kind.__name__} rows",
            where=part.name,
            next_step="make instructions of them with codetune synth",
        )
    if part.translate and dataset.kind is not Snippet:
        raise ConfigError(
            f"{dataset.kind.__name__} rows can't be translated",
            where=part.name,
            next_step="leave `translate` out",
        )
    if part.task is None:
        raise ConfigError(
            "a part of snippets, commits or submissions has to name its task",
            where=part.name,
            next_step="set its `task`",
        )
    tasks = build_settings(
        TasksConfig,
        {
            "tasks": (part.task,),
            "language": part.language or "en",
            "prompt_templates": config.prompt_templates,
        },
    )
    if part.translate:
        folder = _translated(part, folder, snippet_prose(tasks, context.seed), count, context, translate)
    key = json_hash([Dataset(folder).card.output_hash, tasks.model_dump(mode="json"), context.seed])
    made = _made(
        context, f"{part.name}-tasks-{key[:12]}", lambda made: make_rows(tasks, [folder], made, context)
    )
    return Dataset(made, Instruction)


def _translated(
    part: MixPart,
    folder: Path,
    prose: Prose[Any],
    count: int,
    context: StageContext,
    translate: Translate | None,
) -> Path:
    assert translate is not None
    translator = translate
    found = Dataset(folder).card.output_hash
    key = json_hash([found, part.task, part.language, count, context.seed, translator_name(translator)])
    return _made(
        context,
        f"{part.name}-translated-{key[:12]}",
        lambda made: translate_rows(
            folder,
            made,
            prose,
            language=part.language or "en",
            count=count,
            context=context,
            translate=translator,
        ),
    )


def translator_name(translate: Translate) -> str:
    """What lineage and plans call a translator: its `name`, or where it is defined."""
    named = getattr(translate, "name", None)
    if isinstance(named, str):
        return named
    return f"{getattr(translate, '__module__', '')}.{getattr(translate, '__qualname__', type(translate).__name__)}"


def _made(context: StageContext, name: str, make: Callable[[Path], RunCard]) -> Path:
    folder = context.cache / "mix" / name
    # What lies there may be made from files that have changed since; it is in our cache, so it can go.
    replacing_other_runs(lambda: make(folder), overwrite=True)
    return folder
