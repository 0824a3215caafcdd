"""How many tokens' keys and values a batch may keep, and what a model's weights take, before either is allocated.

In: free memory, the model's settings and files. Out: numbers; nothing is loaded here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

__all__ = ["KeyBudget", "key_bytes", "weight_bytes"]

_SHARE_OF_FREE = 0.5
"""Of the memory that is free once the weights are there; prompts, logits and other programs need some, too."""
_SHARE_OF_WEIGHTS = 2
"""On a CPU. A step reads all weights and all keys once, so more rows gain little after that."""


@dataclass(frozen=True, slots=True)
class KeyBudget:
    """What keys and values may take.

    Attributes:
        most_bytes: Never more than that.
        batch_bytes: Enough for a batch.
        longest: Tokens of the model's context. A row of that length is allowed where `most_bytes` are enough.
    """

    most_bytes: int
    batch_bytes: int
    longest: int

    @classmethod
    def of(cls, free: int, weights: int, longest: int, *, is_accelerator: bool) -> KeyBudget:
        """The usual one.

        Args:
            free: Bytes of the device that can be had, the weights being loaded.
            weights: Bytes of the weights.
            longest: Tokens of the model's context.
            is_accelerator: Whether the memory serves nothing else.
        """
        most = int(free * _SHARE_OF_FREE)
        return cls(most, most // 2 if is_accelerator else min(most, weights * _SHARE_OF_WEIGHTS), longest)

    def tokens(self, bytes_per_token: int, rows: int) -> int:
        """Tokens kept at a time, of all rows together; 0 where not even one fits."""
        wanted = max(self.batch_bytes, self.longest * bytes_per_token)
        return min(min(self.most_bytes, wanted) // bytes_per_token, rows * self.longest)


def key_bytes(config: Any, bytes_per_number: int) -> int | None:
    """Keys and values of one token, by the model's settings; None where they do not say it.

    A layer that keeps less (sliding windows, states) is counted like one that keeps all.
    """
    config = config.get_text_config()
    layers = getattr(config, "num_hidden_layers", None)
    heads = getattr(config, "num_attention_heads", None)
    if not layers or not heads:
        return None
    groups = getattr(config, "num_key_value_heads", None) or heads
    width = getattr(config, "head_dim", None) or getattr(config, "hidden_size", 0) // heads
    return int(2 * layers * groups * width * bytes_per_number) or None


def weight_bytes(folder: Path, bytes_per_number: int) -> int:
    """What a model's weights take in memory, by the headers of its files; without .safetensors by their size."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return sum(path.stat().st_size for path in folder.glob("pytorch_model*.bin"))
    return sum(_numbers(path) for path in files) * bytes_per_number


def _numbers(path: Path) -> int:
    """How many numbers a .safetensors file holds; 0 where its header can't be read."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        return sum(prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, MemoryError, OverflowError):
        return 0  # what is wrong with it is said where it is loaded
