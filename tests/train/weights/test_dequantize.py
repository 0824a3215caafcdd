"""Weights and tokens out of a GGUF file are what llama.cpp computes with."""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.train.made import post

from codetune.errors import DataError, OutputError
from codetune.models.embedded.smollm2 import smollm2_weights
from codetune.models.folder import load_tokenizer
from codetune.train.weights.base_model import BaseModel
from codetune.train.weights.dequantize import dequantized_folder
from codetune.train.weights.llama_names import from_gguf_order, to_gguf_name, to_gguf_order, to_hf_name

TRICKY = [
    "x = 1234567890 + 3.14e-10",
    "\n\n    12\n\t\t7   8  \n   \n",
    "def f(x):\n        return [i for i in range(10)]  # ünïcödé 你好 😀\r\n",
    "it's they'll I'M <|im_start|>user\nhi<|im_end|>\n<repo_name>a/b<file_sep>",
    " leading, trailing \u00a0\u2003 ",
]


def test_names_go_there_and_back() -> None:
    for name in ("model.embed_tokens.weight", "model.layers.12.self_attn.q_proj.weight", "model.norm.weight"):
        there = to_gguf_name(name)
        assert there is not None
        assert to_hf_name(there) == name
    assert to_gguf_name("model.layers.0.self_attn.q_norm.weight") is None
    assert to_hf_name("blk.0.ffn_gate_inp.weight") is None


def test_the_order_of_a_head_by_hand() -> None:
    # One head of four rows, halves (0 1 | 2 3); its pairs are (0, 2) and (1, 3).
    rows = np.arange(4, dtype=np.float32)[:, None]
    assert to_gguf_order(rows, 1)[:, 0].tolist() == [0, 2, 1, 3]
    many = np.random.default_rng(0).normal(size=(24, 5)).astype(np.float32)
    assert not np.array_equal(to_gguf_order(many, 3), many)
    assert np.array_equal(from_gguf_order(to_gguf_order(many, 3), 3), many)


def test_done_once_and_only_whole(smollm2: Path, cache: Path, tmp_path: Path) -> None:
    before = (smollm2 / "model.safetensors").stat().st_mtime_ns
    assert dequantized_folder(smollm2_weights(), cache) == smollm2
    assert (smollm2 / "model.safetensors").stat().st_mtime_ns == before
    short = tmp_path / "short.gguf"
    with smollm2_weights().open("rb") as whole:
        short.write_bytes(whole.read(2_000_000))
    with pytest.raises(DataError, match="cut short"):
        dequantized_folder(short, cache)
    assert not list((cache / "weights").glob("short*"))


def test_a_half_written_folder_is_made_anew(smollm2: Path, tmp_path: Path, monkeypatch: Any) -> None:
    from codetune.train.weights import dequantize

    monkeypatch.setattr(dequantize, "_write", lambda path, folder: (folder / "config.json").write_text("{}"))
    half = tmp_path / "weights" / smollm2.name
    half.mkdir(parents=True)
    (half / "model.safetensors").write_bytes(b"half")
    folder = dequantized_folder(smollm2_weights(), tmp_path)
    assert folder == half
    assert [entry.name for entry in folder.iterdir()] == ["config.json"]


def test_tokens_are_the_servers_and_the_vocabulary_is_whole(
    smollm2: Path, server: Callable[..., Any]
) -> None:
    tokenizer = load_tokenizer(smollm2)
    config = json.loads((smollm2 / "config.json").read_text())
    assert tokenizer.get_vocab_size() == config["vocab_size"] == 49152
    texts = [*TRICKY, inspect.getsource(json), inspect.getsource(shutil)]
    with server() as running:
        for text in texts:
            ours = tokenizer.encode(text, add_special_tokens=False).ids
            body = {"content": text, "parse_special": True, "add_special": False}
            assert ours == post(running.url, "/tokenize", body)["tokens"], text[:60]
            assert tokenizer.decode(ours, skip_special_tokens=False) == text


def test_models_are_found_or_refused_in_a_sentence(tiny_model: Path, tmp_path: Path) -> None:
    assert BaseModel.find("embedded").name == "SmolLM2-135M-Instruct.Q4_1"
    assert BaseModel.find(str(tiny_model)).hash == BaseModel.find(str(tiny_model)).hash
    with pytest.raises(DataError, match=r"config\.json"):
        BaseModel.find(str(tmp_path))
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    (copy / "model.safetensors").unlink()
    with pytest.raises(DataError, match=r"no weights \(\.safetensors\)"):
        BaseModel.find(str(copy))


@pytest.mark.slow
def test_the_hugging_face_library_expands_the_same_weights(smollm2: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from safetensors.numpy import load_file

    path = smollm2_weights()
    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32,
        quantization_config=transformers.GgufConfig(dequantize=True),
    ).state_dict()  # fmt: skip
    ours = load_file(smollm2 / "model.safetensors")
    assert set(theirs) - set(ours) <= {"lm_head.weight"}
    for name, values in ours.items():
        assert np.array_equal(values, theirs[name].numpy()), name


def test_the_names_are_those_of_the_gguf_library() -> None:
    """The library knows many more spellings, which a plain Llama model does not have."""
    import gguf

    from codetune.train.weights.llama_names import _BLOCK, _TOP

    library = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 30)
    for name in [*_TOP, *(f"model.layers.29.{part}.weight" for part in _BLOCK)]:
        assert library.get_name(name, try_suffixes=(".weight",)) == to_gguf_name(name)
        assert to_hf_name(to_gguf_name(name) or "") == name


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from safetensors import SafetensorError

    from codetune.train.weights.tensor_file import write_tensors

    def full(*_: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(OutputError, match=r"No space left.*free some space"):
        write_tensors(tmp_path / "m.safetensors", {"w": torch.zeros(1)}, {})
    assert not list(tmp_path.iterdir())
