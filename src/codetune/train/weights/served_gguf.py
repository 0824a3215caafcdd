"""A model, or a model with an adapter, as one GGUF file for llama.cpp; kept in the cache.

In: a model folder. Out: a q8_0 file of the same weights. Who serves it is not decided here.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from codetune.models.folder import ModelFolder
from codetune.store.atomic import disk_errors
from codetune.train.weights.gguf_model import GgufType, write_model_gguf
from codetune.train.weights.merge import merge_adapter

__all__ = ["served_gguf"]

_TYPE: GgufType = "q8_0"
"""Rounds each weight to one of 255 steps of its block of 32: the smallest format that changes next to nothing."""


def served_gguf(folder: Path, adapter: Path | None, cache: Path) -> Path:
    """The file; made where it does not exist.

    Args:
        folder: The model, in Hugging Face's format.
        adapter: A PEFT adapter of that model, in its training's output, that is merged into it; or None.
        cache: Folder that outlives the run.

    Raises:
        DataError: Not Llama-shaped, or the adapter does not fit.
        OutputError: No space, no permission.
    """
    found = ModelFolder.find(folder, adapter)
    path = cache / "weights" / f"{found.hash}-{_TYPE}.gguf"
    if path.exists():
        return path
    merged = path.with_suffix(".merged")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            if adapter is not None:
                merge_adapter(adapter, merged, cache=cache)
                folder = merged
            write_model_gguf(folder, path, _TYPE)
        finally:
            shutil.rmtree(merged, ignore_errors=True)
    return path
