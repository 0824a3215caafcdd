"""Trains a few rows of a frozen embedding, and of the head: those of tokens that were added to a model.

The rows are parameters of their own. They stand in the frozen matrix too, so that whatever reads it sees
them, but gradients are computed for them alone: a gradient of the whole matrix would cost as much
again as the head does. A head that shares the embedding's matrix shares its rows.
Saved as PEFT saves `trainable_token_indices`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from codetune.train.cpu.loss import HeadRows

__all__ = ["RowEmbedding", "add_token_rows", "head_rows"]

_PREFIX, _SUFFIX = "base_model.model.", ".token_adapter.trainable_tokens_delta"


class RowEmbedding(nn.Module):
    """A frozen embedding with some trained rows.

    Args:
        embedding: Its matrix is used, and its rows `numbers` are overwritten.
        numbers: Tokens whose rows are trained.
    """

    numbers: Tensor
    place: Tensor

    def __init__(self, embedding: nn.Embedding, numbers: Sequence[int]) -> None:
        super().__init__()
        self.weight = embedding.weight
        self.padding_idx = embedding.padding_idx
        self.rows = nn.Parameter(embedding.weight.data[list(numbers)].float())
        place = torch.full((embedding.weight.shape[0],), -1, dtype=torch.long)
        place[list(numbers)] = torch.arange(len(numbers))
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("numbers", torch.tensor(list(numbers)), persistent=False)

    def forward(self, input_ids: Tensor) -> Tensor:
        _write_rows(self.weight, self.numbers, self.rows)
        found = nn.functional.embedding(input_ids, self.weight)
        places = self.place[input_ids]
        trained = places >= 0
        return found.index_put((trained,), self.rows[places[trained]].to(found.dtype))


@torch.no_grad()
def _write_rows(weight: Tensor, numbers: Tensor, rows: Tensor) -> None:
    weight[numbers] = rows.to(weight.dtype)


def add_token_rows(model: Any, numbers: Sequence[int]) -> dict[str, nn.Parameter]:
    """Make rows of a model's embedding, and of a head of its own, trainable.

    Args:
        model: A causal language model of the Hugging Face library; changed in place.
        numbers: Tokens whose rows are trained.

    Returns:
        The parameters, under the names that PEFT writes.
    """
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    name = next(name for name, module in model.named_modules() if module is embedding)
    rows = RowEmbedding(embedding, numbers)
    model.set_input_embeddings(rows)
    named = {f"{_PREFIX}{name}{_SUFFIX}": rows.rows}
    model.codetune_head_rows = HeadRows(rows.rows, rows.numbers)
    if head is not None and head.weight is not embedding.weight:
        own = nn.Parameter(head.weight.data[list(numbers)].float())
        head_name = next(name for name, module in model.named_modules() if module is head)
        named[f"{_PREFIX}{head_name}{_SUFFIX}"] = own
        model.codetune_head_rows = HeadRows(own, rows.numbers)
    return named


def head_rows(model: Any) -> HeadRows | None:
    """The trained rows of a model's head, written into its matrix; None where there are none."""
    found: HeadRows | None = getattr(model, "codetune_head_rows", None)
    if found is not None:
        _write_rows(model.get_output_embeddings().weight, found.numbers, found.values)
    return found
