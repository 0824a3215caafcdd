"""Number formats and peak memory of this machine."""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["has_gpu", "peak_rss_bytes", "resolve_dtype"]


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
