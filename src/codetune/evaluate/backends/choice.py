"""Who serves a training's two models where the settings say `auto`: the fastest that works here, and why.

What is faster was measured: `benchmarks/results/serving.md`. Nothing is loaded or started here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codetune.engine.memory import free_bytes
from codetune.installation import missing_packages
from codetune.models.servers.commands import has_gpu, program_here

__all__ = ["ServingChoice", "choose_serving"]

_UNPACKED = 4
"""A .gguf file's weights in 16 bits are at most about so many times its size."""
_SHARE_OF_MEMORY = 0.5
"""Of the free memory that the weights of two models may take."""


@dataclass(frozen=True, slots=True)
class ServingChoice:
    """Who serves.

    Attributes:
        kind: `embedded`, `folder`, `gguf`, `vllm` or `sglang`.
        said: The choice and its reason in one line; "" where the settings name it.
    """

    kind: str
    said: str = ""


def choose_serving(serve: str, weights: Path, *, no_llama: str) -> ServingChoice:
    """Take what the settings name, or the fastest that works.

    Args:
        serve: `auto`, or one of the kinds.
        weights: The base model: a .gguf file or a folder.
        no_llama: Why the embedded server can't answer for both models; "" where it can.
    """
    if serve != "auto":
        return ServingChoice(serve)
    if has_gpu():
        program = program_here()
        if program is not None:
            return ServingChoice(
                program, f"{program} serves both models: it is installed, and there is a GPU"
            )
        return ServingChoice("folder", "both models are loaded on the GPU here and asked in batches")
    if no_llama:
        return ServingChoice("folder", f"both models are loaded here and asked in batches: {no_llama}")
    missing = missing_packages("train")
    if missing:
        return ServingChoice(
            "embedded", f"llama.cpp serves both models: batches need {missing[0]}, which is not installed"
        )
    if 2 * _UNPACKED * weights.stat().st_size > _SHARE_OF_MEMORY * free_bytes():
        return ServingChoice(
            "embedded", "llama.cpp serves both models: in 16 bits they would fill the memory"
        )
    from codetune.models.batched.folder_model import number_format

    if number_format() == "float32":
        return ServingChoice(
            "embedded", "llama.cpp serves both models: this processor has no instructions for bf16"
        )
    return ServingChoice(
        "folder",
        "both models are loaded here in 16 bits and asked in batches, the fastest way on this machine",
    )
