"""How many tokens a batch may keep: by the weights on a CPU, never more than half of what is free."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from codetune.models.batched.key_budget import KeyBudget, key_bytes, weight_bytes

GB = 10**9


def test_a_small_model_takes_twice_its_weights() -> None:
    budget = KeyBudget.of(20 * GB, 270 * 10**6, 8192, is_accelerator=False)
    assert budget.tokens(23_040, rows=64) == 540 * 10**6 // 23_040
    assert budget.tokens(23_040, rows=2) == 2 * 8192


def test_a_large_model_leaves_half_of_the_memory() -> None:
    budget = KeyBudget.of(4 * GB, 14 * GB, 4096, is_accelerator=False)
    assert budget.tokens(524_288, rows=64) == 2 * GB // 524_288
    assert KeyBudget.of(1000, 14 * GB, 4096, is_accelerator=False).tokens(524_288, rows=64) == 0


def test_a_row_as_long_as_the_context_is_allowed() -> None:
    assert KeyBudget.of(20 * GB, GB, 32_768, is_accelerator=False).tokens(200_000, rows=64) == 32_768


def test_an_accelerator_is_filled_by_a_quarter() -> None:
    assert KeyBudget.of(80 * GB, GB, 4096, is_accelerator=True).tokens(100_000, rows=256) == 200_000


def test_keys_of_a_token_by_the_settings() -> None:
    def config(**given: int) -> SimpleNamespace:
        found = SimpleNamespace(**given)
        found.get_text_config = lambda: found
        return found

    small = config(num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3, hidden_size=576)
    assert key_bytes(small, 2) == 23_040
    assert key_bytes(config(num_hidden_layers=32, num_attention_heads=32, head_dim=128), 2) == 524_288
    assert key_bytes(config(num_hidden_layers=4), 2) is None


def test_weights_are_counted_by_the_headers(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    save_file(
        {"a": torch.zeros(3, 5), "b": torch.zeros(7)}, tmp_path / "model-1.safetensors", {"format": "pt"}
    )
    save_file({"c": torch.zeros(2, 2, 2, dtype=torch.bfloat16)}, tmp_path / "model-2.safetensors")
    assert weight_bytes(tmp_path, 2) == 2 * (15 + 7 + 8)
    (tmp_path / "model-2.safetensors").write_bytes(b"\xff" * 20)
    assert weight_bytes(tmp_path, 2) == 2 * (15 + 7)


def test_other_weights_are_counted_by_their_size(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"x" * 100)
    assert weight_bytes(tmp_path, 2) == 100
