"""Tensor names and row orders of a Llama-shaped model in Hugging Face's format and in GGUF.

llama.cpp rotates neighbouring pairs of a head where Hugging Face rotates its halves, so the rows of
query and key weights have another order in a GGUF file. The `gguf` package's own table of names is
not used: it accepts many more tensors than a plain Llama model has. A test compares the two.
Source: llama.cpp, conversion of LlamaForCausalLM.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["from_gguf_order", "heads_of", "to_gguf_name", "to_gguf_order", "to_hf_name"]

_TOP = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_BLOCK = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_TOP_BACK = {theirs: ours for ours, theirs in _TOP.items()}
_BLOCK_BACK = {theirs: ours for ours, theirs in _BLOCK.items()}


def to_gguf_name(name: str) -> str | None:
    """`model.layers.3.mlp.up_proj.weight` -> `blk.3.ffn_up.weight`; None where GGUF has no such tensor."""
    if name in _TOP:
        return _TOP[name]
    found = re.fullmatch(r"model\.layers\.(\d+)\.(.+)\.weight", name)
    if found is None or found[2] not in _BLOCK:
        return None
    return f"blk.{found[1]}.{_BLOCK[found[2]]}.weight"


def to_hf_name(name: str) -> str | None:
    """`blk.3.ffn_up.weight` -> `model.layers.3.mlp.up_proj.weight`; None where it is unknown."""
    if name in _TOP_BACK:
        return _TOP_BACK[name]
    found = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", name)
    if found is None or found[2] not in _BLOCK_BACK:
        return None
    return f"model.layers.{found[1]}.{_BLOCK_BACK[found[2]]}.weight"


def heads_of(name: str, heads: int, kv_heads: int) -> int | None:
    """Heads by which this tensor's rows are reordered, or None where they are not."""
    if ".q_proj." in name:
        return heads
    return kv_heads if ".k_proj." in name else None


def to_gguf_order(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key weight (out, any), from halves to neighbouring pairs."""
    out, width = rows.shape
    return rows.reshape(heads, 2, out // heads // 2, width).swapaxes(1, 2).reshape(out, width)


def from_gguf_order(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key weight (out, any), from neighbouring pairs to halves."""
    out, width = rows.shape
    return rows.reshape(heads, out // heads // 2, 2, width).swapaxes(1, 2).reshape(out, width)
