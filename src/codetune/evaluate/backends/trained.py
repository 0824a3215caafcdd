"""Base and tuned model of a finished training, as backends of one kind: found from its run card.

Both are asked through the same kind of backend with the same template, so that nothing but the weights
differs. How a training was done is read from its card and its folder; nothing of `codetune.train` is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from codetune.errors import ConfigError, DataError
from codetune.evaluate.backends.backend import Backend, find_backend
from codetune.evaluate.backends.base_check import EMBEDDED, check_base, recorded_base
from codetune.evaluate.config import EvaluateConfig
from codetune.store.run_card import RunCard, read_card

__all__ = ["PlainWeights", "base_and_tuned", "find_training"]

PlainWeights = Callable[[Path, Path], Path]
"""(GGUF file, cache folder) -> a model folder in Hugging Face's format with the same weights."""


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


def base_and_tuned(
    config: EvaluateConfig, folder: Path, card: RunCard, *, cache: Path, plain_weights: PlainWeights | None
) -> tuple[Backend, Backend]:
    """Find both models and who serves them.

    Args:
        config: `serve` and the served names.
        folder: The training's output.
        card: Its run card.
        cache: Where plain weights of a GGUF base are kept.
        plain_weights: Makes them; None where that is not possible.

    Raises:
        ConfigError: What `serve` asks for can't be had for this training.
        DataError: The base model is not there, or is not the one that was tuned.
    """
    if config.serve.startswith(("http://", "https://")):
        return (
            find_backend(config.serve, served_name=config.served_base),
            find_backend(config.serve, served_name=config.served_tuned),
        )
    base = str(card.plan.config["model"])
    is_full = card.plan.config.get("method") == "full"
    is_gguf = base == EMBEDDED or base.endswith(".gguf")
    hot = folder / "adapter.gguf"
    can_embed = is_gguf and not is_full and hot.is_file()
    if config.serve == "embedded" and not can_embed:
        raise ConfigError(
            "the embedded server can't answer for this training: "
            + (
                "every weight was tuned, and it needs an adapter"
                if is_full
                else "its base model is no .gguf file"
                if not is_gguf
                else "it has no adapter.gguf"
            ),
            where=str(folder),
            next_step="set serve to folder or auto",
        )
    if can_embed and config.serve != "folder":
        name = "local" if base == EMBEDDED else base
        return find_backend(name), find_backend(name, adapter=hot)
    weights = recorded_base(base)
    check_base(folder / ("model" if is_full else "adapter"), weights)
    if is_gguf:
        if plain_weights is None:
            raise ConfigError("a GGUF base can't be loaded as a model folder here", where=base)
        weights = plain_weights(weights, cache)
    if is_full:
        return find_backend(str(weights)), find_backend(str(folder / "model"))
    return find_backend(str(weights)), find_backend(str(weights), adapter=folder / "adapter", is_checked=True)
