"""A tiny random model with the real tokenizer and template, and rows made from real code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.train.made import code_rows, write_dataset

from codetune.store.context import StageContext

pytest.importorskip("torch")
pytest.importorskip("gguf")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def smollm2(cache: Path) -> Path:
    """The embedded model, de-quantised."""
    from codetune.models.embedded.smollm2 import smollm2_weights
    from codetune.train.weights.dequantize import dequantized_folder

    return dequantized_folder(smollm2_weights(), cache)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers, four heads of which two are keys', SmolLM2's tokenizer and template."""
    import torch
    import transformers
    from gguf import GGUFReader

    from codetune.models.embedded.smollm2 import smollm2_weights
    from codetune.train.weights.gguf_tokenizer import write_tokenizer

    folder = tmp_path_factory.mktemp("tiny") / "tiny-llama"
    folder.mkdir()
    path = smollm2_weights()
    fields = {name: field.contents() for name, field in GGUFReader(path).fields.items()}
    write_tokenizer(fields, path, folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=49152, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024, rope_theta=100_000.0,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=2, initializer_range=0.2,
    )  # fmt: skip
    transformers.utils.logging.disable_progress_bar()
    model = transformers.LlamaForCausalLM(config)
    # llama.cpp checks nothing of a norm; random ones would hide an error in the order of weights.
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def rows_folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "rows", code_rows(30))


@pytest.fixture
def context(cache: Path) -> StageContext:
    return StageContext(seed=7, cache=cache)


@pytest.fixture(scope="session")
def server() -> Callable[..., Any]:
    pytest.importorskip("xllamacpp")
    from codetune.models.embedded.server import EmbeddedServer

    def start(model: Path | None = None, loras: Sequence[Path] = ()) -> Any:
        return EmbeddedServer(model, loras, slots=1, context_per_slot=1024, threads=1)

    return start
