"""Threads, number formats and peak memory of this machine."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["give_back_memory", "has_gpu", "peak_rss_bytes", "resolve_dtype", "share_the_cores"]


def share_the_cores() -> None:
    """Let waiting threads sleep. Call it before torch is loaded; later it has no effect.

    By default threads spin at each barrier, thousands of times a step, also while another program
    holds the core they wait for. On two busy cores training went from 30 to 110 tokens a second
    with this. A user's own OMP_WAIT_POLICY is kept.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def give_back_memory() -> None:
    """Return freed memory to the system; only with glibc, elsewhere it does nothing.

    Tensors of varying lengths fragment the heap: without this, training on the CPU grows from 2 to
    4 GB in its first 70 steps. It takes about 70 ms, a fiftieth of a step.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def has_gpu() -> bool:
    """Whether torch sees a CUDA GPU."""
    import torch

    return torch.cuda.is_available()


def resolve_dtype(wanted: str) -> torch.dtype:
    """The number format to compute in.

    Args:
        wanted: `auto`, `bfloat16` or `float32`. `auto` takes bfloat16 where the processor has
            instructions for it (AVX512-BF16, AMX); elsewhere it is emulated and slower than float32.
    """
    import torch

    if wanted != "auto":
        return torch.bfloat16 if wanted == "bfloat16" else torch.float32
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    has = torch.cpu.get_capabilities()
    fast = any(has.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return torch.bfloat16 if fast else torch.float32


def peak_rss_bytes() -> int:
    """The most memory this process has held, mapped files included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
