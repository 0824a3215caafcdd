"""Whether an adapter belongs to a base model, by the run card of the training that made it."""

from __future__ import annotations

import json
from pathlib import Path

from codetune.errors import DataError
from codetune.models.embedded.gguf_file import fingerprint
from codetune.models.embedded.smollm2 import smollm2_weights
from codetune.models.folder import ModelFolder
from codetune.models.hub import is_hub_name, local_model, pinned, pinned_revision, shown_name
from codetune.store.run_card import read_card

__all__ = ["EMBEDDED", "check_base", "recorded_base"]

EMBEDDED = "embedded"
"""What trainings call SmolLM2-135M-Instruct, which comes in a wheel."""


def recorded_base(model: str, revision: str | None = None) -> Path:
    """Where a training's base model lies.

    Args:
        model: As the training's settings name it.
        revision: The commit it was, for a model of the hub.

    Raises:
        ConfigError: It is one of the hub, and it can't be had.
        DataError: It is not there any more.
    """
    path = smollm2_weights() if model == EMBEDDED else Path(local_model(pinned(model, revision))).expanduser()
    if not path.exists():
        raise DataError(
            "the base model of this training is not there",
            where=str(path),
            next_step="put it back, or evaluate the adapter on its own with codetune eval --model ... --adapter ...",
        )
    return path


def check_base(adapter: Path, base: Path) -> None:
    """Refuse a training's result on other weights than it began with; without a run card only its own
    settings can tell.

    Args:
        adapter: What the training made: `adapter.gguf`, or a folder, in its output.
        base: The .gguf file or model folder it is to be put on.

    Raises:
        DataError: Its run card names other weights.
    """
    card = read_card(adapter.parent)
    if card is None or card.plan.stage != "train":
        _check_named_base(adapter, base)
        return
    trained_on = card.results.get("base") or {}
    weights = fingerprint(base) if base.is_file() else ModelFolder.find(base).hash
    if trained_on.get("hash") and trained_on["hash"] != weights:
        raise DataError(
            f"this was trained on {trained_on.get('name')}, and the base model given has other weights",
            where=f"{adapter} on {base}",
            next_step="name the model it was trained on",
        )


def _check_named_base(adapter: Path, base: Path) -> None:
    """Refuse an adapter whose settings name another model of the hub than the base is."""
    settings = adapter / "adapter_config.json"
    if pinned_revision(base) is None or not settings.is_file():
        return
    try:
        named = str(json.loads(settings.read_text("utf-8")).get("base_model_name_or_path") or "")
    except (OSError, ValueError, AttributeError):
        return  # found out, and said, where the adapter is loaded
    if is_hub_name(named) and named != shown_name(base):
        raise DataError(
            f"the adapter was made for {named}, not for {shown_name(base)}",
            where=str(adapter),
            next_step=f"give {named} as the model",
        )
