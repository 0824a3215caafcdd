"""What one process needs to make parts: models behind one request store, prompts, a sandbox."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor
from codetune.models.budget.budget import Budget
from codetune.models.client.shared_limits import SharedLimits
from codetune.models.embedded.gguf_file import check_gguf, fingerprint
from codetune.models.folder import ModelFolder
from codetune.models.hub import hub_folder, is_hub_name, pinned, pinned_revision
from codetune.models.model_map import load_model_map
from codetune.models.open import open_model
from codetune.models.protocol import ChatModel
from codetune.models.store.request_store import RequestStore
from codetune.store.atomic import write_text
from codetune.synth.config import SynthConfig
from codetune.synth.prompts.prompt import Prompt
from codetune.synth.runtime.generation_context import AskSettings, GenerationContext
from codetune.synth.runtime.program_runner import ProgramRunner

__all__ = ["STORE", "Session", "identity", "is_local", "loads_weights", "with_commits"]

STORE = "requests.sqlite"
"""The request store's name in a cache folder."""
CONTEXTS = "contexts.json"
"""Tokens that each server's model takes, as it said when it was last asked."""

_SLOTS = 8
_SLOTS_OF_A_FILE = 2
"""A larger model's cache for eight long contexts would not fit a laptop's memory."""


def is_local(model: str) -> bool:
    """Whether a model is served by a server of ours."""
    return model == "local" or model.endswith(".gguf")


def loads_weights(model: str, model_map: Path | None) -> bool:
    """Whether a model's weights are loaded on this machine, by a process of ours or a server that it starts."""
    if is_local(model):
        return True
    return (
        "://" not in model
        and model not in _mapped(model_map)
        and (is_hub_name(model) or Path(model).expanduser().is_dir())
    )


def with_commits(config: SynthConfig) -> SynthConfig:
    """The settings with the commit in each name on the hub, which is downloaded for that.

    Raises:
        ConfigError: A model of the hub can't be had, or the model map can't be read.
    """
    mapped = _mapped(config.model_map)

    def named(model: str) -> str:
        if model in mapped or not is_hub_name(model):
            return model
        return pinned(model, pinned_revision(hub_folder(model)))

    return config.model_copy(
        update={"model": named(config.model), "judges": tuple(map(named, config.judges))}
    )


def _mapped(model_map: Path | None) -> Collection[str]:
    return load_model_map(model_map) if model_map is not None else ()


def identity(model: str) -> str:
    """What a run card may call a model: no path of this machine, no credentials of a URL."""
    if model.endswith(".gguf"):
        path = Path(model)
        check_gguf(path)
        return f"{path.stem}@{fingerprint(path)}"
    if "://" not in model:
        folder = Path(model).expanduser()
        return ModelFolder.find(folder).name if folder.is_dir() else model
    parts = urlsplit(model)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@dataclass(frozen=True, kw_only=True)
class Session:
    """Picklable; `open` gives the context.

    Attributes:
        config: The stage's settings.
        prompts: Name without language -> prompt.
        cache: Folder of the request store and the verdict cache.
        seed: Of the run.
        workers: Processes that use the same endpoints at the same time.
    """

    config: SynthConfig
    prompts: Mapping[str, Prompt]
    cache: Path
    seed: int
    workers: int = 1

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[GenerationContext]:
        """Open models and sandbox; servers start and boxes are made when they are first needed."""
        config = self.config
        budget = Budget.parse(config.budget) if config.budget is not None else None
        if budget is not None:
            budget.begin()
        shared_limits = SharedLimits(self.workers, self.cache / "limits") if self.workers > 1 else None
        runner = ProgramRunner(partial(_open_executor, self.cache))
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(runner.close)
            store = stack.enter_context(RequestStore(self.cache / STORE))
            models = [
                await stack.enter_async_context(
                    open_model(
                        name,
                        store=store,
                        model=config.served_name if "://" in name else None,
                        model_map=config.model_map,
                        api_key_env=config.api_key_env,
                        budget=budget,
                        slots=min(config.in_flight, _SLOTS if name == "local" else _SLOTS_OF_A_FILE),
                        context_per_slot=config.context,
                        shared_limits=shared_limits,
                    )
                )
                for name in (config.model, *config.judges)
            ]
            context = config.context
            if config.context_tokens is None and config.model != "local":
                context = await _context_of(config, models, self.cache)
            settings = AskSettings(
                seed=self.seed,
                temperature=config.temperature,
                max_new_tokens=config.max_new_tokens,
                retries=config.retries,
                shots=config.shots,
                context_tokens=None if config.model == "local" else context,
                doublings=1 if config.chosen_profile == "small" else 3,
            )
            yield GenerationContext(models[0], self.prompts, runner, settings, tuple(models[1:]))


async def _context_of(config: SynthConfig, models: Sequence[ChatModel], cache: Path) -> int:
    """Tokens of question and answer that all models take.

    What a server says of itself is remembered in the cache, so that a run whose server is down by now asks for
    the same as before, and finds it stored.
    """
    path = cache / CONTEXTS
    known: dict[str, int] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    told = dict(known)
    for name, model in zip((config.model, *config.judges), models, strict=True):
        ask = None if is_local(name) else getattr(model, "context_length", None)
        found = await ask() if ask is not None else None
        if found is not None:
            told[identity(name)] = found
    if told != known:
        write_text(path, json.dumps(told, indent=2, sort_keys=True) + "\n")
    return min(
        told.get(identity(name), 2048 if name == "local" else config.context)
        for name in (config.model, *config.judges)
    )


def _open_executor(cache: Path) -> Executor:
    return open_executor(cache=cache / "verdicts.sqlite")
