"""Writes a tuned model's README.md: base, licence, how it was trained, on rows of which licences."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from codetune.store.atomic import disk_errors, write_text
from codetune.train.weights.base_model import BaseModel

__all__ = ["write_model_card"]

_SETTINGS = (
    "method", "lora_r", "lora_alpha", "learning_rate", "global_batch_size", "epochs", "max_steps", "max_seq_length",
)  # fmt: skip


def write_model_card(
    folder: Path, base: BaseModel, settings: Mapping[str, Any], licenses: Mapping[str, int]
) -> None:
    """Write the card, and copy the base model's licence files.

    The card holds no times and no paths, so equal models have equal cards.

    Args:
        folder: The model's folder.
        base: The model it was tuned from.
        settings: The training's settings; empty where they are not known.
        licenses: SPDX expression or `unknown` -> rows trained on; empty where they are not known.
    """
    license_ = base.license()
    front = {
        **({"license": license_} if license_ else {}),
        "base_model": base.name,
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["code", "codetune"],
    }
    parts = [
        "---\n" + yaml.safe_dump(front, sort_keys=False, allow_unicode=True) + "---",
        f"# {base.name}, tuned with codetune",
        f"The base model `{base.name}` has the licence {license_}."
        if license_
        else f"The licence of the base model `{base.name}` is not known here: look it up before you share this model.",
    ]
    given = {name: settings[name] for name in _SETTINGS if settings.get(name) is not None}
    if given:
        parts += ["## Training", "\n".join(f"- `{name}`: {value}" for name, value in given.items())]
    if licenses:
        rows = "\n".join(f"| {name} | {count:,} |" for name, count in licenses.items())
        parts += [
            "## Licences of the training rows",
            f"| licence | rows |\n| --- | ---: |\n{rows}",
            "Check what these licences ask of a model that was trained on such rows.",
        ]
    write_text(folder / "README.md", "\n\n".join(parts) + "\n")
    if base.path.is_dir():
        with disk_errors(folder):
            for path in sorted([*base.path.glob("LICEN[CS]E*"), *base.path.glob("NOTICE*")]):
                shutil.copyfile(path, folder / path.name)
