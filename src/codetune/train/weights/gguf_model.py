"""Writes a Hugging Face folder of a Llama-shaped model as one GGUF file, with tokenizer and template.

The inverse of `dequantize`. Other architectures, and tokenizers whose pre-tokenization has no name in
llama.cpp, are refused: such a file would load, but split text differently and answer worse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from codetune.errors import DataError
from codetune.models.folder import model_config
from codetune.store.atomic import replacing
from codetune.train.weights.llama_names import heads_of, to_gguf_name, to_gguf_order

__all__ = ["GGUF_TYPES", "GgufType", "refuse_unknown", "write_model_gguf"]

GgufType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"]
GGUF_TYPES: tuple[GgufType, ...] = get_args(GgufType)
_FILE_TYPE = {
    "f32": "ALL_F32", "f16": "MOSTLY_F16", "bf16": "MOSTLY_BF16", "q8_0": "MOSTLY_Q8_0",
    "q5_1": "MOSTLY_Q5_1", "q5_0": "MOSTLY_Q5_0", "q4_1": "MOSTLY_Q4_1", "q4_0": "MOSTLY_Q4_0",
}  # fmt: skip
_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5
_GPT2_CUTS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_LLAMA3_CUTS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_RULE_OF_REGEX = {_GPT2_CUTS: "gpt-2", _LLAMA3_CUTS: "llama-bpe"}


def write_model_gguf(folder: Path, path: Path, kind: GgufType = "f16") -> None:
    """Write a model as GGUF.

    Args:
        folder: A Hugging Face folder with all weights (merge an adapter first).
        path: The file to write.
        kind: Type of the matrices; vectors stay float32, and matrices whose rows no number of blocks fills are
            written as f16.

    Raises:
        DataError: Not Llama-shaped, or a tokenizer that llama.cpp does not know.
        OutputError: No space, no permission.
    """
    import numpy as np
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, LlamaFileType, quants

    config = model_config(folder)
    refuse_unknown(folder)
    heads = int(config["num_attention_heads"])
    kv_heads = int(config.get("num_key_value_heads") or heads)
    wanted = GGMLQuantizationType[kind.upper()]
    with replacing(path) as temporary:
        writer = GGUFWriter(temporary, "llama")
        writer.add_type("model")
        writer.add_name(folder.name)
        writer.add_file_type(LlamaFileType[_FILE_TYPE[kind]])
        _add_shape(writer, config, heads, kv_heads)
        _add_tokenizer(writer, folder, int(config["vocab_size"]))
        for name, values in _weights(folder):
            if name == "lm_head.weight" and config.get("tie_word_embeddings"):
                continue
            target = to_gguf_name(name)
            if target is None:
                raise DataError(f"llama.cpp has no place for the tensor {name}", where=str(folder))
            ordered = heads_of(name, heads, kv_heads)
            if ordered is not None:
                values = to_gguf_order(values, ordered)
            values = np.ascontiguousarray(values)
            if values.ndim == 1 or wanted == GGMLQuantizationType.F32:
                writer.add_tensor(target, values)
            else:
                # Blocks are of 32 numbers; llama.cpp too keeps rows that they don't divide in 16 bits.
                used = (
                    wanted
                    if values.shape[-1] % GGML_QUANT_SIZES[wanted][0] == 0
                    else GGMLQuantizationType.F16
                )
                writer.add_tensor(target, quants.quantize(values, used), raw_dtype=used)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def refuse_unknown(folder: Path) -> None:
    """Refuse a model that can't be written as GGUF here, by its settings alone.

    Raises:
        DataError: Not plain Llama-shaped.
    """
    config = model_config(folder)
    scaled = (config.get("rope_scaling") or config.get("rope_parameters") or {}).get("rope_type", "default")
    odd = (
        f"its architecture is {config.get('model_type')!r}" if config.get("model_type") != "llama"
        else f"its rotary positions are scaled ({scaled})" if scaled != "default"
        else "its layers have biases" if config.get("attention_bias") or config.get("mlp_bias")
        else None
    )  # fmt: skip
    if odd is not None:
        raise DataError(
            f"only plain Llama-shaped models are written as GGUF here, and {odd}",
            where=str(folder),
            next_step="use llama.cpp's convert_hf_to_gguf.py",
        )


def _add_shape(writer: Any, config: dict[str, Any], heads: int, kv_heads: int) -> None:
    width = int(config["hidden_size"])
    head = int(config.get("head_dim") or width // heads)
    rope = config.get("rope_parameters") or {}
    writer.add_block_count(int(config["num_hidden_layers"]))
    writer.add_context_length(int(config["max_position_embeddings"]))
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(int(config["intermediate_size"]))
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(float(config.get("rope_theta") or rope.get("rope_theta") or 10_000.0))
    writer.add_layer_norm_rms_eps(float(config["rms_norm_eps"]))
    writer.add_vocab_size(int(config["vocab_size"]))


def _weights(folder: Path) -> Iterator[tuple[str, Any]]:
    import numpy as np
    import torch
    from safetensors import safe_open

    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as stored:
            for name in sorted(stored.keys()):
                yield name, stored.get_tensor(name).to(torch.float32).numpy().astype(np.float32, copy=False)


def _rule_of(pre_tokenizer: dict[str, Any] | None, folder: Path) -> str:
    """llama.cpp's name of the pre-tokenization."""
    parts = (pre_tokenizer or {}).get("pretokenizers") or [pre_tokenizer or {}]
    kinds = [part.get("type") for part in parts]
    if kinds == ["ByteLevel"] and parts[0].get("use_regex", True) and not parts[0].get("add_prefix_space"):
        return "gpt-2"
    if kinds == ["Digits", "ByteLevel"] and parts[0].get("individual_digits"):
        return "smollm"
    if kinds == ["Split", "ByteLevel"] and not parts[1].get("use_regex", True):
        rule = _RULE_OF_REGEX.get(parts[0].get("pattern", {}).get("Regex", ""))
        if rule is not None:
            return rule
    raise DataError(
        f"llama.cpp's name of this tokenizer's pre-tokenization is not known ({kinds})",
        where=str(folder / "tokenizer.json"),
        next_step="use llama.cpp's convert_hf_to_gguf.py",
    )


def _add_tokenizer(writer: Any, folder: Path, vocabulary: int) -> None:
    plain = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    if plain["model"].get("type") != "BPE" or plain["model"].get("byte_fallback"):
        raise DataError(
            "only byte-level BPE tokenizers are written as GGUF here",
            where=str(folder / "tokenizer.json"),
            next_step="use llama.cpp's convert_hf_to_gguf.py",
        )
    # Rows of the matrix beyond the vocabulary get a name too, so that ids match rows.
    tokens = [f"[PAD{i}]" for i in range(vocabulary)]
    types = [_UNUSED] * vocabulary
    for token, number in plain["model"]["vocab"].items():
        tokens[number], types[number] = token, _NORMAL
    for added in plain.get("added_tokens", []):
        tokens[added["id"]] = added["content"]
        types[added["id"]] = _CONTROL if added["special"] else _USER_DEFINED
    merges = [m if isinstance(m, str) else " ".join(m) for m in plain["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_rule_of(plain.get("pre_tokenizer"), folder))
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    number_of = {token: number for number, token in enumerate(tokens)}
    for key, add in (
        ("bos_token", writer.add_bos_token_id), ("eos_token", writer.add_eos_token_id),
        ("unk_token", writer.add_unk_token_id), ("pad_token", writer.add_pad_token_id),
    ):  # fmt: skip
        value = settings.get(key)
        text = value["content"] if isinstance(value, dict) else value
        if text is not None and text in number_of:
            add(number_of[text])
    writer.add_add_bos_token(bool(settings.get("add_bos_token", False)))
    writer.add_add_space_prefix(False)
    beside = folder / "chat_template.jinja"
    template = beside.read_text("utf-8") if beside.exists() else settings.get("chat_template")
    if isinstance(template, str):
        writer.add_chat_template(template)
