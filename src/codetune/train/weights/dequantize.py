"""Expands a GGUF file of a Llama-shaped model into a Hugging Face folder of float32 weights.

The folder is kept in the cache under the file's fingerprint, so that this is done once a file. The
numbers are the quantised ones that llama.cpp computes with, not those of the original model.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from codetune.engine.memory import give_back_memory
from codetune.errors import DataError, MissingExtraError
from codetune.models.embedded.gguf_file import check_gguf, fingerprint
from codetune.store.atomic import disk_errors, write_text
from codetune.train.weights.gguf_tokenizer import write_tokenizer
from codetune.train.weights.llama_names import from_gguf_order, heads_of, to_hf_name
from codetune.train.weights.tensor_file import write_tensors

__all__ = ["dequantized_folder", "gguf_config", "gguf_license"]

_DONE = "config.json"
"""Written last; a folder without it is unfinished."""
_VERSION = 1
"""Part of the folder's name; raise it when what is written changes."""


def dequantized_folder(path: Path, cache: Path) -> Path:
    """The folder with this file's weights; made where it does not exist.

    Args:
        path: A .gguf file of architecture `llama`.
        cache: Folder that outlives the run; half a gigabyte for a model of 135 million weights.

    Raises:
        DataError: Not whole, another architecture, or tensors that are not known.
    """
    check_gguf(path)
    folder = cache / "weights" / f"{path.stem}-{fingerprint(path)}-v{_VERSION}"
    if (folder / _DONE).exists():
        return folder
    with disk_errors(folder):
        work = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            _write(path, work)
            if folder.exists():  # made by another process meanwhile, or left half-made
                if (folder / _DONE).exists():
                    return folder
                shutil.rmtree(folder)
            work.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
            give_back_memory()
    return folder


def gguf_config(path: Path) -> dict[str, Any]:
    """What the model's `config.json` would say, read from the GGUF header; weights stay untouched.

    Raises:
        DataError: Not Llama-shaped.
    """
    reader, fields = _read(path)
    tied = all(tensor.name != "output.weight" for tensor in reader.tensors)
    return _config(fields, tied=tied)


def gguf_license(path: Path) -> str | None:
    """The licence that the GGUF header names, in lower case; None where it names none."""
    named = _read(path)[1].get("general.license")
    return str(named).lower() if named else None


def _read(path: Path) -> tuple[Any, dict[str, Any]]:
    """The file's reader and its metadata as plain values."""
    try:
        from gguf import GGUFReader
    except ImportError as error:
        raise MissingExtraError.of("reading a GGUF model's weights", "train") from error
    check_gguf(path)
    reader = GGUFReader(path)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    architecture = fields.get("general.architecture")
    if architecture != "llama":
        raise DataError(
            f"only Llama-shaped GGUF files can be tuned, this one is {architecture!r}",
            where=str(path),
            next_step="give the model's Hugging Face folder instead",
        )
    return reader, fields


def _write(path: Path, folder: Path) -> None:
    reader, fields = _read(path)
    import numpy as np
    import torch
    from gguf import dequantize

    heads = int(fields["llama.attention.head_count"])
    kv_heads = int(fields["llama.attention.head_count_kv"])
    weights = {}
    for tensor in reader.tensors:
        name = to_hf_name(tensor.name)
        if name is None:
            raise DataError(
                f"the tensor {tensor.name} is not one of a plain Llama model",
                where=str(path),
                next_step="give the model's Hugging Face folder instead",
            )
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        values = values.reshape(tuple(int(size) for size in reversed(tensor.shape)))
        ordered = heads_of(name, heads, kv_heads)
        values = values if ordered is None else from_gguf_order(values, ordered)
        weights[name] = torch.from_numpy(np.ascontiguousarray(values))
    write_tensors(folder / "model.safetensors", weights, {"format": "pt"})
    write_tokenizer(fields, path, folder)
    config = _config(fields, tied="lm_head.weight" not in weights)
    write_text(folder / _DONE, json.dumps(config, indent=2) + "\n")


def _config(fields: dict[str, Any], *, tied: bool) -> dict[str, Any]:
    width = int(fields["llama.embedding_length"])
    heads = int(fields["llama.attention.head_count"])
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(fields["tokenizer.ggml.tokens"]),
        "hidden_size": width,
        "intermediate_size": int(fields["llama.feed_forward_length"]),
        "num_hidden_layers": int(fields["llama.block_count"]),
        "num_attention_heads": heads,
        "num_key_value_heads": int(fields["llama.attention.head_count_kv"]),
        "head_dim": int(fields.get("llama.rope.dimension_count", width // heads)),
        "max_position_embeddings": int(fields["llama.context_length"]),
        "rms_norm_eps": float(fields["llama.attention.layer_norm_rms_epsilon"]),
        "rope_theta": float(fields.get("llama.rope.freq_base", 10_000.0)),
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": tied,
        "bos_token_id": fields.get("tokenizer.ggml.bos_token_id"),
        "eos_token_id": fields.get("tokenizer.ggml.eos_token_id"),
        "pad_token_id": fields.get("tokenizer.ggml.padding_token_id"),
        "torch_dtype": "float32",
    }
