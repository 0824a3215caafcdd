"""Low-rank adapters on frozen linear layers, for the CPU loop.

Computes what PEFT computes, and is saved in PEFT's format. PEFT itself is not used, because under
autocast it copies each layer's input to float32 and keeps the copy for the backward pass. Here a
layer keeps only its input (query, key and value share it) and the rank-r product.
Source: LoRA, Hu et al. 2021, arXiv:2106.09685; rsLoRA, Kalajdzievski 2023, arXiv:2312.03732.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from codetune.errors import ConfigError

__all__ = ["LoraLinear", "add_adapters", "named_adapters"]


class _LowRank(torch.autograd.Function):
    """y = x W' + scale (x A') B', with gradients for x, A and B alone."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        a, b = a.to(x.dtype), b.to(x.dtype)
        low = rows @ a.t()
        y = (rows @ weight.t()).addmm_(low, b.t(), alpha=scale)
        ctx.save_for_backward(rows, low, weight, a, b)
        ctx.scale, ctx.shape = scale, x.shape
        return y.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        rows, low, weight, a, b = ctx.saved_tensors
        dy = gradients[0].reshape(-1, weight.shape[0])
        d_low = (dy @ b).mul_(ctx.scale)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = (dy @ weight).addmm_(d_low, a).view(ctx.shape)
        d_a = (d_low.t() @ rows).float()
        d_b = (dy.t() @ low).float().mul_(ctx.scale)
        return dx, None, d_a, d_b, None


class LoraLinear(nn.Module):
    """A frozen linear layer with an adapter.

    Args:
        linear: The layer; its weight and bias are used, frozen.
        r: Rank.
        scale: What the adapter's output is multiplied by.
        dropout: Fraction of the adapter's input dropped in training.
        generator: Draws the first values of A; B begins at zero, so the layer begins unchanged.
    """

    def __init__(
        self, linear: nn.Linear, r: int, scale: float, dropout: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(linear.weight.data, requires_grad=False)
        self.bias = nn.Parameter(linear.bias.data, requires_grad=False) if linear.bias is not None else None
        self.scale = scale
        self.dropout = dropout
        out, width = linear.weight.shape
        # As PEFT does: uniform, variance 1 / (3 * width).
        bound = 1 / math.sqrt(width)
        first = torch.empty(r, width, dtype=torch.float32).uniform_(-bound, bound, generator=generator)
        self.lora_a = nn.Parameter(first)
        self.lora_b = nn.Parameter(torch.zeros(out, r, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        if self.dropout and self.training:
            low = functional.linear(functional.dropout(x, self.dropout), self.lora_a.to(x.dtype))
            y = functional.linear(x, self.weight)
            y = y + self.scale * functional.linear(low, self.lora_b.to(x.dtype))
        else:
            y = _LowRank.apply(x, self.weight, self.lora_a, self.lora_b, self.scale)  # type: ignore[no-untyped-call]
        return y if self.bias is None else y + self.bias


def add_adapters(
    model: nn.Module, targets: Collection[str], *, r: int, scale: float, dropout: float, seed: int
) -> dict[str, LoraLinear]:
    """Freeze a model and put adapters on its linear layers.

    Args:
        model: Changed in place.
        targets: Last names of the layers, e.g. `q_proj`.
        r: Rank.
        scale: What each adapter's output is multiplied by.
        dropout: Fraction of each adapter's input dropped.
        seed: Of the first values, which depend only on it and on the order of the layers.

    Returns:
        Full name of each layer -> the layer.

    Raises:
        ConfigError: A target names no linear layer of this model.
    """
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    found = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.rpartition(".")[2] in targets
    ]
    missing = set(targets) - {name.rpartition(".")[2] for name, _ in found}
    if missing:
        there = {n.rpartition(".")[2] for n, m in model.named_modules() if isinstance(m, nn.Linear)}
        raise ConfigError(
            f"the model has no linear layer called {sorted(missing)[0]}",
            where="target_modules",
            next_step=f"choose among {', '.join(sorted(there))}",
        )
    generator = torch.Generator().manual_seed(seed)
    adapters = {}
    for name, linear in found:
        adapters[name] = LoraLinear(linear, r, scale, dropout, generator)
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, adapters[name])
    return adapters


def named_adapters(adapters: dict[str, LoraLinear]) -> dict[str, nn.Parameter]:
    """The trained parameters, under the names that PEFT writes."""
    named = {}
    for name, layer in adapters.items():
        named[f"base_model.model.{name}.lora_A.weight"] = layer.lora_a
        named[f"base_model.model.{name}.lora_B.weight"] = layer.lora_b
    return named
