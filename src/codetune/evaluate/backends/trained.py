"""Base and tuned model of a finished training, as backends of one kind: found from its run card.

Both are asked through the same kind of backend with the same template, so that nothing but the weights
differs. How a training was done is read from its card and its folder; nothing of `codetune.train` is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codetune.errors import ConfigError, DataError
from codetune.evaluate.backends.backend import Backend, find_backend
from codetune.evaluate.backends.base_check import EMBEDDED, check_base, recorded_base
from codetune.evaluate.backends.choice import choose_serving
from codetune.evaluate.backends.server_backend import ServerBackend
from codetune.evaluate.config import EvaluateConfig
from codetune.models.folder import ModelFolder
from codetune.models.servers.commands import PROGRAMS, is_installed
from codetune.models.servers.server import ModelServer
from codetune.store.run_card import RunCard, read_card

__all__ = ["GgufFile", "PlainWeights", "Served", "base_and_tuned", "find_training", "training_named"]

PlainWeights = Callable[[Path, Path], Path]
"""(GGUF file, cache folder) -> a model folder in Hugging Face's format with the same weights."""
GgufFile = Callable[[Path, Path | None, Path], Path]
"""(model folder, adapter or None, cache folder) -> a GGUF file with the same weights, the adapter merged."""


@dataclass(frozen=True)
class Served:
    """Both models, and who answers for them.

    Attributes:
        base: The model as it was.
        tuned: What the training made of it.
        said: Who was chosen and why, in one line; "" where the settings name it.
    """

    base: Backend
    tuned: Backend
    said: str = ""

    def close(self) -> None:
        """End every server and free the memory, whatever happened."""
        self.base.close()
        self.tuned.close()


def find_training(inputs: Sequence[Path]) -> tuple[Path, RunCard]:
    """The finished training among a stage's inputs.

    Raises:
        DataError: There is none.
    """
    for folder in inputs:
        card = read_card(folder)
        if card is not None and card.plan.stage == "train":
            return folder, card
    raise DataError(
        "there is no finished training to evaluate",
        where=", ".join(str(folder) for folder in inputs) or None,
        next_step="give the output folder of codetune train",
    )


def training_named(model: str, serve: str | None) -> RunCard | None:
    """The run card of the training whose output a name is; None for any other model.

    Args:
        model: As the user named it.
        serve: Who is to serve it; None leaves that open.

    Raises:
        ConfigError: `serve` is given for something else than a training, or is a URL.
    """
    folder = Path(model).expanduser()
    card = read_card(folder) if folder.is_dir() else None
    is_training = card is not None and card.plan.stage == "train"
    if serve is not None and not is_training:
        raise ConfigError(
            f"{model!r} is not the output of a training, and only that can be served in several ways",
            next_step="leave --serve out",
        )
    if serve is not None and serve.startswith(("http://", "https://")):
        raise ConfigError(
            "a server that runs already is the model itself",
            next_step=f"give --model {serve} and --served-name instead of --serve",
        )
    return card if is_training else None


def base_and_tuned(
    config: EvaluateConfig,
    folder: Path,
    card: RunCard,
    *,
    cache: Path,
    plain_weights: PlainWeights | None,
    gguf_file: GgufFile | None,
    logs: Path,
    on_progress: Callable[[str], None] = lambda text: None,
) -> Served:
    """Find both models and who serves them.

    Args:
        config: `serve` and the served names.
        folder: The training's output.
        card: Its run card.
        cache: Where plain weights of a GGUF base are kept.
        plain_weights: Makes them; None where that is not possible.
        gguf_file: Makes GGUF files of model folders; None where that is not possible.
        logs: Folder for the output of a server that is started here.
        on_progress: Called with a line while such a server starts.

    Raises:
        ConfigError: What `serve` asks for can't be had for this training.
        DataError: The base model is not there, or is not the one that was tuned.
    """
    if config.is_served_elsewhere:
        return Served(
            find_backend(config.serve, served_name=config.served_base),
            find_backend(config.serve, served_name=config.served_tuned),
        )
    base = str(card.plan.config["model"])
    is_full = card.plan.config.get("method") == "full"
    is_gguf = base == EMBEDDED or base.endswith(".gguf")
    hot = folder / "adapter.gguf"
    weights = recorded_base(base, (card.results.get("base") or {}).get("revision"))
    no_llama = (
        "every weight was tuned, and it needs an adapter"
        if is_full
        else "its base model is no .gguf file"
        if not is_gguf
        else "it has no adapter.gguf"
        if not hot.is_file()
        else ""
    )
    if config.serve == "embedded" and no_llama:
        raise ConfigError(
            f"the embedded server can't answer for this training: {no_llama}",
            where=str(folder),
            next_step="set serve to folder or auto",
        )
    chosen = choose_serving(config.serve, weights, no_llama=no_llama)
    if chosen.kind == "embedded":
        name = "local" if base == EMBEDDED else base
        return Served(find_backend(name), find_backend(name, adapter=hot), chosen.said)
    check_base(folder / ("model" if is_full else "adapter"), weights)
    file = weights if is_gguf else None
    if is_gguf:
        if plain_weights is None:
            raise ConfigError("a GGUF base can't be loaded as a model folder here", where=base)
        weights = plain_weights(weights, cache)
    if chosen.kind == "gguf":
        if gguf_file is None:
            raise ConfigError("GGUF files can't be written here", where=str(folder))
        plain = find_backend(str(file or gguf_file(weights, None, cache)))
        tuned_file = (
            gguf_file(folder / "model", None, cache)
            if is_full
            else gguf_file(weights, folder / "adapter", cache)
        )
        return Served(plain, find_backend(str(tuned_file)))
    if chosen.kind in PROGRAMS:
        served = _started_here(
            chosen.kind, config, weights, folder, is_full=is_full, logs=logs, on_progress=on_progress
        )
        return Served(*served, chosen.said)
    if is_full:
        return Served(find_backend(str(weights)), find_backend(str(folder / "model")), chosen.said)
    tuned = find_backend(str(weights), adapter=folder / "adapter", is_checked=True)
    return Served(find_backend(str(weights)), tuned, chosen.said)


def _started_here(
    program: str,
    config: EvaluateConfig,
    weights: Path,
    folder: Path,
    *,
    is_full: bool,
    logs: Path,
    on_progress: Callable[[str], None],
) -> tuple[Backend, Backend]:
    """One server for a model and its adapter; two, one after the other, where every weight was tuned."""
    if not is_installed(program):
        raise ConfigError(
            f"serve is {program}, which is not installed here",
            next_step=f"install {program} where there is a GPU, name a running server by its URL, or take serve: auto",
        )
    base = ModelFolder.find(weights)
    tuned = ModelFolder.find(folder / "model") if is_full else ModelFolder.find(weights, folder / "adapter")
    adapters = {} if tuned.adapter is None else {tuned.name: tuned.adapter}

    def server(found: ModelFolder, name: str) -> ModelServer:
        return ModelServer(
            program, found.path, found.name, adapters, log=logs / f"{name}.log",
            arguments=config.serve_arguments, on_progress=on_progress,
        )  # fmt: skip

    if is_full:
        return (
            ServerBackend(base, server(base, f"{program}-base")),
            ServerBackend(tuned, server(tuned, f"{program}-tuned")),
        )
    both = server(base, program)
    return ServerBackend(base, both, keeps_server=True), ServerBackend(tuned, both)
