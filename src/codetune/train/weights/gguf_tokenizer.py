"""Writes a GGUF file's byte-level BPE tokenizer in Hugging Face's format.

The Hugging Face library's own reader drops the pre-tokenization of the model (SmolLM2 splits
between digits), so its tokens differ from those of llama.cpp's server where white space meets a
digit. Here it is kept, and a test compares the tokens with the server's.
Source of the rules: llama.cpp, `llm_tokenizer_bpe`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from codetune.errors import DataError
from codetune.store.atomic import write_text

__all__ = ["write_tokenizer"]

_DIGITS_APART = frozenset({"smollm", "starcoder", "refact", "command-r", "codeshell"})
"""`tokenizer.ggml.pre` of models that split between digits, then as GPT-2 does."""
_AS_GPT2 = frozenset({"gpt-2", "phi-2", "jina-v2-code", "mpt", "olmo"})
_CONTROL, _USER_DEFINED = 3, 4
"""`tokenizer.ggml.token_type` of tokens that are never split."""


def _pre_tokenizer(rule: str, path: Path) -> Any:
    from tokenizers import pre_tokenizers

    as_gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    if rule in _AS_GPT2:
        return as_gpt2
    if rule in _DIGITS_APART:
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), as_gpt2])
    raise DataError(
        f"the pre-tokenization of this GGUF file, {rule!r}, is not known here",
        where=str(path),
        next_step="give the model's Hugging Face folder instead of the GGUF file",
    )


def write_tokenizer(fields: dict[str, Any], path: Path, folder: Path) -> None:
    """Write `tokenizer.json`, `tokenizer_config.json` and `chat_template.jinja`.

    Args:
        fields: The metadata of the GGUF file, as plain values.
        path: The GGUF file, for errors.
        folder: Where to.

    Raises:
        DataError: Not a byte-level BPE tokenizer, or one with an unknown pre-tokenization.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models

    if fields.get("tokenizer.ggml.model") != "gpt2":
        raise DataError(
            f"the tokenizer of this GGUF file is of the kind {fields.get('tokenizer.ggml.model')!r}, not "
            "byte-level BPE",
            where=str(path),
            next_step="give the model's Hugging Face folder instead of the GGUF file",
        )
    tokens: list[str] = fields["tokenizer.ggml.tokens"]
    types: list[int] = fields["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ", 1)) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = _pre_tokenizer(fields.get("tokenizer.ggml.pre", "gpt-2"), path)
    tokenizer.decoder = decoders.ByteLevel()
    whole = [
        AddedToken(token, special=kind == _CONTROL, normalized=False)
        for token, kind in zip(tokens, types, strict=True)
        if kind in (_CONTROL, _USER_DEFINED)
    ]
    tokenizer.add_tokens(whole)
    if tokenizer.get_vocab_size() != len(tokens):
        raise DataError("the GGUF file's vocabulary names a token twice", where=str(path))
    write_text(folder / "tokenizer.json", tokenizer.to_str())

    def named(key: str) -> str | None:
        number = fields.get(f"tokenizer.ggml.{key}_token_id")
        return tokens[number] if number is not None else None

    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": named("bos"),
        "eos_token": named("eos"),
        "pad_token": named("padding"),
        "unk_token": named("unknown"),
        "add_bos_token": bool(fields.get("tokenizer.ggml.add_bos_token", False)),
        "clean_up_tokenization_spaces": False,
        "model_max_length": fields[f"{fields['general.architecture']}.context_length"],
    }
    write_text(folder / "tokenizer_config.json", json.dumps(config, indent=2, ensure_ascii=False) + "\n")
    if "tokenizer.chat_template" in fields:
        write_text(folder / "chat_template.jinja", fields["tokenizer.chat_template"])
