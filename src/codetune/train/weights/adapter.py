"""Reads and writes adapters: PEFT's format, and GGUF for llama.cpp's server.

`adapter/` loads with `peft.PeftModel.from_pretrained`, `adapter.gguf` with the server's `--lora`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codetune.errors import DataError
from codetune.store.atomic import replacing, write_text
from codetune.train.config import TrainConfig
from codetune.train.weights.llama_names import heads_of, to_gguf_name, to_gguf_order
from codetune.train.weights.tensor_file import write_tensors

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["read_adapter_config", "write_adapter", "write_adapter_gguf"]

_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_PREFIX = "base_model.model."
_TOKEN_ROWS = ".token_adapter.trainable_tokens_delta"


def write_adapter(
    folder: Path,
    named: Mapping[str, Tensor],
    config: TrainConfig,
    base_name: str,
    *,
    token_numbers: Sequence[int] = (),
) -> None:
    """Write an adapter in PEFT's format.

    Args:
        folder: Where to.
        named: PEFT's names -> values, as `codetune.train.cpu.lora.named_adapters` gives them.
        config: The settings it was trained with.
        base_name: The base model's name; no path, so that equal runs write equal files.
        token_numbers: Tokens whose rows of the embedding are trained too, as `codetune.train.cpu.token_rows` names them.
    """
    write_tensors(
        folder / _WEIGHTS, {name: tensor.float() for name, tensor in named.items()}, {"format": "pt"}
    )
    alpha = config.lora_alpha
    plain = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_name,
        "r": config.lora_r,
        "lora_alpha": int(alpha) if alpha == int(alpha) else alpha,
        "use_rslora": config.use_rslora,
        "lora_dropout": config.lora_dropout,
        "target_modules": sorted(config.target_modules),
        "bias": "none",
        "fan_in_fan_out": False,
        "init_lora_weights": True,
        "inference_mode": True,
    }
    layers = [name.split(".")[-3] for name in named if name.endswith(_TOKEN_ROWS)]
    if layers:
        tied = len(layers) == 1
        numbers = list(token_numbers)
        plain["trainable_token_indices"] = numbers if tied else dict.fromkeys(layers, numbers)
    write_text(folder / _CONFIG, json.dumps(plain, indent=2) + "\n")


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """An adapter folder's settings.

    Raises:
        DataError: Not a LoRA adapter in PEFT's format.
    """
    try:
        config: dict[str, Any] = json.loads((folder / _CONFIG).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            "this is not an adapter in PEFT's format (no readable adapter_config.json)",
            where=str(folder),
            next_step="give the adapter folder that codetune train wrote",
        ) from error
    if config.get("peft_type") != "LORA" or not (folder / _WEIGHTS).exists():
        raise DataError("this is not a LoRA adapter with safetensors weights", where=str(folder))
    return config


def _scale_times_rank(config: Mapping[str, Any], folder: Path) -> float:
    """What llama.cpp must find as alpha, since it divides by the rank and knows no other rule."""
    for key in ("use_dora", "alpha_pattern", "rank_pattern", "modules_to_save", "trainable_token_indices"):
        if config.get(key):
            raise DataError(
                f"llama.cpp can't apply an adapter with {key}",
                where=str(folder),
                next_step="merge it into the model instead: codetune merge ADAPTER -o DIR",
            )
    alpha, rank = float(config["lora_alpha"]), int(config["r"])
    return alpha * rank**0.5 if config.get("use_rslora") else alpha


def write_adapter_gguf(adapter: Path, model_config: Mapping[str, Any], path: Path) -> None:
    """Write an adapter as a GGUF file that llama.cpp's server loads beside the base model.

    Args:
        adapter: Folder in PEFT's format.
        model_config: The base model's `config.json`; a Llama-shaped model.
        path: Where to.

    Raises:
        DataError: The adapter has parts that llama.cpp can't apply, or the model is not Llama-shaped.
    """
    import numpy as np
    from gguf import GGUFWriter
    from safetensors.torch import load_file  # numpy knows no bfloat16, and adapters come in it

    config = read_adapter_config(adapter)
    if model_config.get("model_type") != "llama":
        raise DataError(
            f"adapters are written as GGUF for Llama-shaped models, not {model_config.get('model_type')!r}",
            where=str(adapter),
            next_step="use llama.cpp's convert_lora_to_gguf.py",
        )
    heads = int(model_config["num_attention_heads"])
    kv_heads = int(model_config.get("num_key_value_heads") or heads)
    alpha = _scale_times_rank(config, adapter)
    with replacing(path) as temporary:
        writer = GGUFWriter(temporary, "llama")
        writer.add_type("adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", alpha)
        for name, values in sorted(load_file(adapter / _WEIGHTS).items()):
            bare = name.removeprefix(_PREFIX)
            layer, _, side = bare.removesuffix(".weight").rpartition(".")
            target = to_gguf_name(f"{layer}.weight")
            if target is None or side not in ("lora_A", "lora_B"):
                raise DataError(f"llama.cpp has no place for the tensor {name}", where=str(adapter))
            rows = values.float().numpy()
            ordered = heads_of(bare, heads, kv_heads)
            if side == "lora_B" and ordered is not None:
                rows = to_gguf_order(rows, ordered)
            writer.add_tensor(f"{target}.{side.lower()}", np.ascontiguousarray(rows))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
