"""Keys and values of rows that are of different lengths and end at different times.

A row's keys stand at the columns 0 to its length; nothing is padded on the left, nothing is copied
when the others grow. transformers' models write to it and read from it as from any cache of theirs.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache, DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward

__all__ = ["ATTENTION", "RowCache", "fits_rows"]

ATTENTION = "codetune_rows"
"""Name of the attention for a CPU, as transformers knows it."""
_CAPACITY_STEP = 128
"""Columns are added so many at a time."""


def fits_rows(config: Any) -> bool:
    """Whether every layer of a model keeps all keys: no sliding window, no state of another kind."""
    layers = DynamicCache(config=config).layers
    return all(type(layer) is DynamicLayer for layer in layers)


class RowCache(Cache):
    """The cache of a decoder; between two calls of the model it is told what the next one is about.

    Args:
        layers: Of the model.
        rows: Most rows at a time.
    """

    def __init__(self, layers: int, rows: int) -> None:
        self.rows = rows
        self.capacity = 0
        self.first = 0
        self.lengths: torch.Tensor | None = None
        self.index: torch.Tensor | None = None
        self.width = 0
        self._kept = [_RowLayer(self) for _ in range(layers)]
        super().__init__(layers=list(self._kept))

    def expect_prompts(self, first: int, longest: int) -> None:
        """The next call reads whole prompts, padded on the right, into the rows from `first` on."""
        self.first, self.lengths, self.width = first, None, longest
        self._grow(longest)

    def expect_tokens(self, lengths: torch.Tensor) -> None:
        """The next call reads one token of each of the rows 0 to n.

        Args:
            lengths: Tokens that each row holds already, shape (n,).
        """
        self.lengths, self.width = lengths, int(lengths.max()) + 1
        self.index = torch.arange(len(lengths), device=lengths.device)
        self._grow(self.width)

    def move(self, source: int, target: int, length: int) -> None:
        """Copy a row over another one."""
        for layer in self._kept:
            layer.keys[target, ..., :length] = layer.keys[source, ..., :length]
            layer.values[target, :, :length] = layer.values[source, :, :length]

    def mask(self) -> torch.Tensor:
        """What each row's token may look at, shape (n, 1, 1, width)."""
        assert self.lengths is not None
        columns = torch.arange(self.width, device=self.lengths.device)
        return (columns[None] <= self.lengths[:, None])[:, None, None]

    def _grow(self, columns: int) -> None:
        if columns > self.capacity:
            self.capacity = -(-columns // _CAPACITY_STEP) * _CAPACITY_STEP
            for layer in self._kept:
                layer.grow()


class _RowLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """One layer. Keys are kept transposed, (rows, heads, width of a head, columns): a CPU multiplies a few
    queries with them six times as fast."""

    is_sliding = False

    def __init__(self, cache: RowCache) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._cache = cache
        self.keys: torch.Tensor
        self.values: torch.Tensor

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        rows, columns = self._cache.rows, self._cache.capacity
        heads, head_width = key_states.shape[1], key_states.shape[-1]
        self.keys = key_states.new_zeros(rows, heads, head_width, columns)
        self.values = value_states.new_zeros(rows, heads, columns, value_states.shape[-1])
        self.is_initialized = True

    def grow(self) -> None:
        """Make room for as many columns as the cache has now."""
        if not self.is_initialized:
            return
        more = self._cache.capacity - self.keys.shape[-1]
        self.keys = torch.nn.functional.pad(self.keys, (0, more))
        self.values = torch.nn.functional.pad(self.values, (0, 0, 0, more))

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **more: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        cache, count, columns = self._cache, key_states.shape[0], key_states.shape[2]
        if cache.lengths is None:
            rows = slice(cache.first, cache.first + count)
            self.keys[rows, ..., :columns] = key_states.transpose(-1, -2)
            self.values[rows, :, :columns] = value_states
            return key_states, value_states
        self.keys[cache.index, :, :, cache.lengths] = key_states[:, :, 0]
        self.values[cache.index, :, cache.lengths] = value_states[:, :, 0]
        keys = self.keys[:count, ..., : cache.width].transpose(-1, -2)
        return keys, self.values[:count, :, : cache.width]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._cache.width, 0

    def get_seq_length(self) -> int:
        return 0

    def get_max_length(self) -> int:
        return -1


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one token a row, as two matrix products; whole prompts go to the library's own.

    On a CPU the library's takes three to seven times as long for a single query.
    """
    rows, heads, queries, width = query.shape
    if queries > 1 or attention_mask is None or any(more.get(name) is not None for name in _NOT_PLAIN):
        return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **more)
    groups = key.shape[1]
    grouped = query.reshape(rows, groups, heads // groups, width)
    scores = torch.matmul(grouped, key.transpose(-1, -2)).float()
    scores.mul_(width**-0.5 if scaling is None else scaling).masked_fill_(~attention_mask, -torch.inf)
    answer = torch.matmul(scores.softmax(dim=-1).to(value.dtype), value)
    return answer.reshape(rows, 1, heads, value.shape[-1]), None


_NOT_PLAIN = ("softcap", "s_aux", "position_bias")
"""Arguments of other kinds of attention."""

AttentionInterface.register(ATTENTION, _attend)
