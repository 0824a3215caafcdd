"""Keys and values of rows that are of different lengths and end at different times.

A row's keys stand at the columns 0 to its length; nothing is padded on the left. transformers' models
write to it and read from it as from any cache of theirs. Who comes first and who waits is the decoder's
business.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache, DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from codetune.models.batched.key_budget import KeyBudget

__all__ = ["ATTENTION", "RowCache", "fits_rows"]

ATTENTION = "codetune_rows"
"""Name of the attention for a CPU, as transformers knows it."""
_STEP = 64
"""Columns are added so many at a time."""


def fits_rows(config: Any) -> bool:
    """Whether every layer of a model keeps all keys: no sliding window, no state of another kind."""
    layers = DynamicCache(config=config).layers
    return all(type(layer) is DynamicLayer for layer in layers)


class RowCache(Cache):
    """The cache of a decoder; between two calls of the model it is told what the next one is about.

    All keys lie in memory that is taken once. It is divided into as many rows as fit with the columns that
    the longest one needs, and divided anew where that changes; rows in use are kept. On a CPU pages that
    nothing was written to take no memory.

    Args:
        layers: Of the model.
        rows: Most rows at a time.
        budget: Of the memory for keys and values.
    """

    def __init__(self, layers: int, rows: int, budget: KeyBudget) -> None:
        self.rows = rows
        self.budget = budget
        self.tokens = 0
        """Rows times columns that the memory holds; 0 until a first prompt shows what a token takes."""
        self.capacity = 0
        """Columns of each row."""
        self.first = 0
        self.lengths: torch.Tensor | None = None
        self.index: torch.Tensor | None = None
        self.width = 0
        self._kept = [_RowLayer(self) for _ in range(layers)]
        super().__init__(layers=list(self._kept))

    @property
    def places(self) -> int:
        """Rows that the memory is divided into."""
        return max(1, min(self.rows, self.tokens // max(1, self.capacity)))

    def room_for(self, columns: int) -> int:
        """How many rows of so many columns fit, at least one; a first prompt is read alone."""
        return max(1, min(self.rows, self.tokens // _stepped(columns)))

    def expect_prompts(self, first: int, count: int, longest: int, kept: int) -> None:
        """The next call reads whole prompts, padded on the right, into the rows from `first` on.

        Args:
            first: Rows there already.
            count: Prompts, as many as there is room for.
            longest: Tokens of the longest prompt.
            kept: Columns that the rows there need.

        Raises:
            torch.OutOfMemoryError: The prompt is longer than all the memory.
        """
        self.first, self.lengths, self.width = first, None, longest
        columns = max(longest, kept)
        if columns > self.capacity or first + count > self.places:
            self._divide(columns, first)

    def expect_tokens(self, lengths: torch.Tensor) -> None:
        """The next call reads one token of each of the rows 0 to n.

        Args:
            lengths: Tokens that each row holds already, shape (n,).

        Raises:
            torch.OutOfMemoryError: A row is longer than all the memory.
        """
        self.lengths, self.width = lengths, int(lengths.max()) + 1
        self.index = torch.arange(len(lengths), device=lengths.device)
        if self.width > self.capacity:
            self._divide(self.width, len(lengths))

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

    def take_memory(self, token_bytes: int) -> None:
        """Decide how many tokens there is memory for.

        Args:
            token_bytes: Keys and values of one token in all layers.

        Raises:
            torch.OutOfMemoryError: The prompt is longer than that.
        """
        self.tokens = self.budget.tokens(token_bytes, self.rows)
        if not self.tokens:
            raise torch.OutOfMemoryError("the keys of a single token do not fit")
        self._set_capacity(self.width)

    def _divide(self, columns: int, used: int) -> None:
        kept = min(columns, self.capacity)
        self._set_capacity(columns)
        for layer in self._kept:
            layer.divide(used, kept)

    def _set_capacity(self, columns: int) -> None:
        if 0 < self.tokens < columns:
            raise torch.OutOfMemoryError(f"keys of {columns} tokens, and there is room for {self.tokens}")
        self.capacity = min(_stepped(columns), self.tokens or columns)


def _stepped(columns: int) -> int:
    return -(-columns // _STEP) * _STEP


class _RowLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """One layer. Keys are kept transposed, (rows, heads, width of a head, columns): a CPU multiplies a few
    queries with them six times as fast."""

    is_sliding = False

    def __init__(self, cache: RowCache) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._cache = cache
        self._memory: tuple[torch.Tensor, torch.Tensor]
        self.keys: torch.Tensor
        self.values: torch.Tensor

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        cache = self._cache
        widths = [states.shape[1] * states.shape[-1] for states in (key_states, value_states)]
        if not cache.tokens:
            cache.take_memory(sum(widths) * len(cache.layers) * key_states.element_size())
        self._memory = (
            key_states.new_empty(cache.tokens * widths[0]),
            value_states.new_empty(cache.tokens * widths[1]),
        )
        self._heads = key_states.shape[1]
        self.is_initialized = True
        self._view()

    def _view(self) -> None:
        """See the memory as it is divided now."""
        places, columns, heads = self._cache.places, self._cache.capacity, self._heads
        keys, values = (memory.view(self._cache.tokens, -1)[: places * columns] for memory in self._memory)
        self.keys = keys.view(places, heads, -1, columns)
        self.values = values.view(places, heads, columns, -1)

    def divide(self, used: int, kept: int) -> None:
        """Divide the memory as the cache says now.

        Args:
            used: Rows in use.
            kept: Columns that they may have written to.
        """
        if not self.is_initialized:
            return
        keys = self.keys[:used, ..., :kept].clone()
        values = self.values[:used, :, :kept].clone()
        self._view()
        self._write(slice(used), keys, values)

    def _write(self, rows: slice, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Write the first columns of some rows; what comes after them is masked, and must be a number."""
        columns = keys.shape[-1]
        self.keys[rows, ..., :columns] = keys
        self.keys[rows, ..., columns:] = 0
        self.values[rows, :, :columns] = values
        self.values[rows, :, columns:] = 0

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **more: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        cache, count = self._cache, key_states.shape[0]
        if cache.lengths is None:
            self._write(slice(cache.first, cache.first + count), key_states.transpose(-1, -2), value_states)
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
