"""Measured rates that estimates of time rest on; benchmarks/RESULTS.md has the runs they are from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codetune.engine.local import available_cores

__all__ = [
    "BATCH_TOKENS_PER_SECOND",
    "BYTES_PER_TOKEN",
    "MEASURED_ON",
    "SERVER_TOKENS_PER_SECOND",
    "SYNTH_TOKENS_PER_SECOND",
    "TRAINED_PARAMETERS",
    "TRAIN_TOKENS_PER_SECOND",
    "on_these_cores",
    "parameters",
]

BYTES_PER_TOKEN = 3.5
"""Of code and English."""
MEASURED_ON = 2
"""Cores that the rates below were measured on."""
SYNTH_TOKENS_PER_SECOND = 42.0
"""The embedded model's answers in synthesis, whose prompts are ten times as long: 3,042 tokens in 72 s."""
BATCH_TOKENS_PER_SECOND = 215.0
"""The embedded model's answers to benchmarks in batches, base and tuned: 55,977 tokens in 260 s."""
SERVER_TOKENS_PER_SECOND = 79.0
"""The same by llama.cpp's server: 34,948 tokens in 444 s."""
TRAIN_TOKENS_PER_SECOND = 385.0
"""LoRA of all linear layers of the embedded model, on two cores: between 322 and 449."""
TRAINED_PARAMETERS = 134_515_008
"""Of the embedded model, which that rate was measured with."""


def on_these_cores(rate: float) -> float:
    """A rate measured on two cores, in proportion to the cores of this machine."""
    return rate * available_cores() / MEASURED_ON


def parameters(config: Mapping[str, Any]) -> int | None:
    """Number of parameters of a Llama-shaped model, from its `config.json`; None where a size is missing."""
    try:
        hidden, layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
        inner, vocabulary = int(config["intermediate_size"]), int(config["vocab_size"])
        heads = int(config["num_attention_heads"])
    except (KeyError, TypeError, ValueError):
        return None
    share = int(config.get("num_key_value_heads") or heads) / heads
    block = hidden * hidden * (2 + 2 * share) + 3 * hidden * inner + 2 * hidden
    embeddings = vocabulary * hidden * (1 if config.get("tie_word_embeddings") else 2)
    return round(embeddings + layers * block + hidden)
