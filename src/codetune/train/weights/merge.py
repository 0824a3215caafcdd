"""Merges an adapter into its base model: a Hugging Face folder that needs no adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from codetune.errors import DataError
from codetune.models.folder import copy_tokenizer, load_model, model_config
from codetune.models.hub import is_hub_name, pinned
from codetune.store.hashing import code_hash, hash_files
from codetune.store.run_card import Plan, RunCard, read_card
from codetune.store.stage_output import StageOutput
from codetune.train.weights.adapter import read_adapter_config
from codetune.train.weights.base_model import BaseModel
from codetune.train.weights.model_card import write_model_card

__all__ = ["base_of", "merge_adapter"]


def base_of(adapter: Path, base: str | None) -> BaseModel:
    """The model an adapter was trained on.

    Args:
        adapter: Folder in PEFT's format.
        base: As the user names it; None takes it from the run card beside the adapter, else from
            the adapter's own settings.

    Raises:
        DataError: It is not known, or it is not the model the adapter was trained on.
    """
    card = _training_card(adapter)
    trained_on = card.results.get("base", {}) if card is not None else {}
    if base is None and card is not None and trained_on:
        base = pinned(str(card.plan.config["model"]), trained_on.get("revision"))
    if base is None:
        named = str(read_adapter_config(adapter).get("base_model_name_or_path") or "")
        if not Path(named).is_dir() and not is_hub_name(named):
            raise DataError(
                f"the adapter's base model, {named!r}, is not on this machine",
                where=str(adapter),
                next_step="name its folder or .gguf file with --base",
            )
        base = named
    found = BaseModel.find(base)
    if trained_on and trained_on.get("hash") != found.hash:
        raise DataError(
            f"the adapter was trained on {trained_on.get('name')}, whose weights are not those of {base}",
            where=str(adapter),
            next_step="name the model it was trained on with --base",
        )
    return found


def _training_card(adapter: Path) -> RunCard | None:
    """The run card of the training that made the adapter, where it lies beside it."""
    card = read_card(adapter.parent)
    return card if card is not None and card.plan.stage == "train" else None


def merge_adapter(
    adapter: Path,
    output: Path,
    *,
    cache: Path,
    base: str | None = None,
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto",
) -> RunCard:
    """Merge an adapter into its base and write a Hugging Face folder.

    The sum is taken in float32 and rounded once, when it is written.

    Args:
        adapter: Folder in PEFT's format.
        output: The folder to write.
        cache: Where a GGUF base's plain weights are kept.
        base: The base model; None finds it (see `base_of`).
        dtype: Format of the written weights; `auto` takes the base's.

    Raises:
        DataError: Not an adapter, or not of this base.
        OutputError: The folder holds something else.
    """
    config = read_adapter_config(adapter)
    model_base = base_of(adapter, base)
    plan = Plan(
        stage="merge",
        config={"dtype": dtype},
        inputs={"adapter": hash_files(adapter, sorted(adapter.glob("adapter_*"))), "model": model_base.hash},
        code=code_hash(__name__),
    )
    with StageOutput(output, plan) as stage:
        if stage.finished is not None:
            return stage.finished
        import torch
        from peft import PeftModel

        from codetune.store.atomic import disk_errors

        folder = model_base.folder(cache)
        written_as = _stored_dtype(folder) if dtype == "auto" else dtype
        model = load_model(folder, torch.float32)
        try:
            merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)
        except (RuntimeError, ValueError, KeyError) as error:
            raise DataError(
                f"the adapter does not fit the model: {str(error).splitlines()[0]}",
                where=str(adapter),
                next_step="name the model it was trained on with --base",
            ) from error
        with disk_errors(output):
            merged.to(getattr(torch, written_as)).save_pretrained(output)
        copy_tokenizer(folder, output)
        training = _training_card(adapter)
        write_model_card(
            output,
            model_base,
            training.plan.config if training is not None else {},
            training.licenses if training is not None else {},
        )
        written = sorted(output.glob("*.safetensors"))
        return stage.finish(
            output_hash=hash_files(output, written),
            counts={"parameters": sum(p.numel() for p in merged.parameters())},
            results={
                "base": model_base.identity,
                "rank": config.get("r"),
                "dtype": written_as,
            },
        )


def _stored_dtype(folder: Path) -> str:
    config = model_config(folder)
    return str(config.get("dtype") or config.get("torch_dtype") or "float32")
