"""What tests of models share: adapters, and servers that behave in ways that are known."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codetune.models.smollm2 import smollm2_path


def _write_random_lora(path: Path, seed: int) -> Path:
    """A LoRA of random numbers for the embedded model, as GGUF: it changes what is written."""
    import gguf
    import numpy as np

    numbers = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 32.0)
    for tensor in gguf.GGUFReader(smollm2_path()).tensors:
        if tensor.name.endswith("attn_q.weight"):
            fan_in, fan_out = (int(size) for size in tensor.shape)
            for name, shape in (("lora_a", (8, fan_in)), ("lora_b", (fan_out, 8))):
                values = numbers.standard_normal(shape).astype(np.float32) * 0.1
                writer.add_tensor(f"{tensor.name}.{name}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def random_lora() -> Callable[[Path, int], Path]:
    pytest.importorskip("gguf")
    return _write_random_lora
