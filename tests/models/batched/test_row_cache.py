"""Memory for keys and values: taken once, divided anew as rows grow, with what rows hold kept."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from codetune.models.batched.key_budget import KeyBudget
from codetune.models.batched.row_cache import RowCache

LAYERS, HEADS, WIDTH = 2, 1, 4
TOKEN_BYTES = 2 * LAYERS * HEADS * WIDTH * 4


def cache_of(tokens: int, rows: int = 8, longest: int = 1000) -> RowCache:
    bytes_ = tokens * TOKEN_BYTES
    return RowCache(LAYERS, rows, KeyBudget(bytes_, bytes_, longest))


def read(cache: RowCache, first: int, prompt: torch.Tensor, kept: int = 0) -> None:
    """Read a prompt whose keys and values are the given numbers, shape (1, heads, columns, width)."""
    cache.expect_prompts(first, 1, prompt.shape[2], kept)
    for layer in range(LAYERS):
        cache.update(prompt, -prompt, layer)


def step(cache: RowCache, lengths: list[int], number: float) -> tuple[torch.Tensor, torch.Tensor]:
    cache.expect_tokens(torch.tensor(lengths))
    new = torch.full((len(lengths), HEADS, 1, WIDTH), number)
    for layer in range(LAYERS):
        keys, values = cache.update(new, -new, layer)
    return keys, values


def prompt(columns: int) -> torch.Tensor:
    return torch.randn(1, HEADS, columns, WIDTH)


def test_rows_keep_what_they_hold_when_the_memory_is_divided_anew() -> None:
    cache = cache_of(tokens=512)
    first, second = prompt(60), prompt(30)
    read(cache, 0, first)
    assert (cache.tokens, cache.capacity, cache.places) == (512, 64, 8)
    read(cache, 1, second, kept=60)
    for made in range(10):  # the first row outgrows its 64 columns
        keys, values = step(cache, [60 + made, 30 + made], float(made))
    assert (cache.capacity, cache.places) == (128, 4)
    assert torch.equal(keys[0, :, :60], first[0]) and torch.equal(keys[1, :, :30], second[0])
    assert torch.equal(keys[1, :, 30:40, 0], torch.arange(10.0)[None]) and torch.equal(
        values[:, :, :30], -keys[:, :, :30]
    )
    assert torch.isfinite(keys).all() and torch.isfinite(values).all()


def test_shorter_rows_make_room_for_more_of_them() -> None:
    cache = cache_of(tokens=512)
    read(cache, 0, prompt(200))
    assert cache.places == 2 and cache.room_for(60) == 8 and cache.room_for(65) == 4
    short = prompt(20)
    cache.move(0, 0, 20)
    read(cache, 0, short)
    for row in range(1, 4):
        read(cache, row, prompt(100), kept=20)
    assert cache.capacity == 128
    assert torch.equal(step(cache, [20, 100, 100, 100], 0.0)[0][0, :, :20], short[0])


def test_memory_that_was_used_before_is_no_number_that_spoils_others() -> None:
    cache = cache_of(tokens=128, rows=2)
    read(cache, 0, torch.full((1, HEADS, 60, WIDTH), torch.nan))
    read(cache, 0, prompt(5))
    keys, values = step(cache, [5], 1.0)
    assert torch.isfinite(keys).all()
    cache.expect_tokens(torch.tensor([63]))
    keys, values = cache.layers[0].update(prompt(1), prompt(1))
    assert torch.isfinite(keys).all() and torch.isfinite(values).all()


def test_one_row_may_take_everything_and_no_more() -> None:
    cache = cache_of(tokens=100, rows=4)
    read(cache, 0, prompt(90))
    assert (cache.places, cache.capacity, cache.room_for(100)) == (1, 100, 1)
    for made in range(10):
        step(cache, [90 + made], 1.0)
    with pytest.raises(torch.OutOfMemoryError, match="keys of 101 tokens"):
        step(cache, [100], 1.0)
    with pytest.raises(torch.OutOfMemoryError):
        read(cache_of(tokens=10), 0, prompt(11))
    with pytest.raises(torch.OutOfMemoryError, match="a single token"):
        read(cache_of(tokens=0), 0, prompt(1))
