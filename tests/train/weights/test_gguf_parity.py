"""What leaves as GGUF answers as the model that was trained: log-probabilities on the real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.cpu.test_lora import shaken
from tests.train.made import post

from codetune.errors import DataError
from codetune.models.folder import load_model, load_tokenizer, model_config
from codetune.train.config import TrainConfig
from codetune.train.weights.adapter import write_adapter, write_adapter_gguf
from codetune.train.weights.gguf_model import write_model_gguf

TEXT = "<|im_start|>user\nAdd 2 and 40.<|im_end|>\n<|im_start|>assistant\ndef add(a, b):\n    return"
CLOSE = 0.02
"""Nats. The server keeps its cache in half precision; the adapters below change some by over 1."""


def log_probs(model: Any, folder: Path) -> torch.Tensor:
    ids = load_tokenizer(folder).encode(TEXT, add_special_tokens=False).ids
    with torch.no_grad():
        return model(torch.tensor([ids]), use_cache=False).logits[0, -1].log_softmax(-1)


def served(url: str, folder: Path, lora: list[dict[str, Any]] | None = None) -> dict[int, float]:
    ids = load_tokenizer(folder).encode(TEXT, add_special_tokens=False).ids
    body = {"prompt": ids, "n_predict": 1, "n_probs": 50, "temperature": 0, "cache_prompt": False}
    if lora is not None:
        body["lora"] = lora
    answer = post(url, "/completion", body)
    return {top["id"]: top["logprob"] for top in answer["completion_probabilities"][0]["top_logprobs"]}


def furthest(found: dict[int, float], reference: torch.Tensor) -> float:
    return max(abs(value - float(reference[token])) for token, value in found.items())


@pytest.mark.parametrize("rslora", [False, True])
def test_hot_adapter_is_the_peft_model(
    tiny_model: Path, tmp_path: Path, server: Callable[..., Any], rslora: bool
) -> None:
    config = TrainConfig(lora_r=4, lora_alpha=6, use_rslora=rslora)
    tuned, named = shaken(config, tiny_model)
    write_adapter(tmp_path / "adapter", named, config, "tiny")
    write_adapter_gguf(tmp_path / "adapter", model_config(tiny_model), tmp_path / "adapter.gguf")
    write_model_gguf(tiny_model, tmp_path / "base.gguf", "f32")
    bare_reference = log_probs(load_model(tiny_model, torch.float32), tiny_model)
    tuned_reference = log_probs(tuned, tiny_model)
    with server(tmp_path / "base.gguf", [tmp_path / "adapter.gguf"]) as running:
        bare = served(running.url, tiny_model, running.lora_field(running.models[0]))
        hot = served(running.url, tiny_model, running.lora_field(running.models[1]))
    assert furthest(bare, bare_reference) < CLOSE
    assert furthest(hot, tuned_reference) < CLOSE
    assert furthest(hot, bare_reference) > 20 * CLOSE


def test_an_adapter_kept_in_bfloat16_goes_out_too(tiny_model: Path, tmp_path: Path) -> None:
    from gguf import GGUFReader
    from safetensors.torch import load_file, save_file

    config = TrainConfig(lora_r=4)
    _, named = shaken(config, tiny_model)
    write_adapter(tmp_path, named, config, "tiny")
    path = tmp_path / "adapter_model.safetensors"
    halves = {name: values.bfloat16() for name, values in load_file(path).items()}
    save_file(halves, path)
    write_adapter_gguf(tmp_path, model_config(tiny_model), tmp_path / "adapter.gguf")
    tensors = {tensor.name: tensor for tensor in GGUFReader(tmp_path / "adapter.gguf").tensors}
    first = halves["base_model.model.model.layers.0.mlp.up_proj.lora_A.weight"].float().numpy()
    assert (tensors["blk.0.ffn_up.weight.lora_a"].data == first).all()


def test_the_order_of_query_rows_matters(
    tiny_model: Path, tmp_path: Path, server: Callable[..., Any], monkeypatch: Any
) -> None:
    """The check above can fail: written in Hugging Face's order, the adapter answers differently."""
    from codetune.train.weights import adapter as adapter_module

    config = TrainConfig(lora_r=4, lora_alpha=6)
    tuned, named = shaken(config, tiny_model)
    write_adapter(tmp_path / "adapter", named, config, "tiny")
    monkeypatch.setattr(adapter_module, "to_gguf_order", lambda rows, heads: rows)
    write_adapter_gguf(tmp_path / "adapter", model_config(tiny_model), tmp_path / "wrong.gguf")
    write_model_gguf(tiny_model, tmp_path / "base.gguf", "f32")
    with server(tmp_path / "base.gguf", [tmp_path / "wrong.gguf"]) as running:
        assert furthest(served(running.url, tiny_model), log_probs(tuned, tiny_model)) > 3 * CLOSE


def test_merged_model_is_the_peft_model(tiny_model: Path, tmp_path: Path, server: Callable[..., Any]) -> None:
    from codetune.train.weights.merge import merge_adapter

    config = TrainConfig(lora_r=4, lora_alpha=6, use_rslora=True)
    tuned, named = shaken(config, tiny_model)
    write_adapter(tmp_path / "adapter", named, config, "tiny")
    merge_adapter(tmp_path / "adapter", tmp_path / "merged", base=str(tiny_model), cache=tmp_path)
    reference = log_probs(tuned, tiny_model)
    merged = log_probs(load_model(tmp_path / "merged", torch.float32), tmp_path / "merged")
    torch.testing.assert_close(merged, reference, rtol=1e-4, atol=1e-3)
    write_model_gguf(tmp_path / "merged", tmp_path / "merged.gguf", "f32")
    with server(tmp_path / "merged.gguf") as running:
        assert furthest(served(running.url, tiny_model), reference) < CLOSE


def test_the_file_knows_tokens_and_template(
    tiny_model: Path, tmp_path: Path, server: Callable[..., Any]
) -> None:
    from tests.gguf_chat_template import gguf_chat_template

    from codetune.records import Message
    from codetune.text.chat_template import ChatTemplate

    path = tmp_path / "model.gguf"
    write_model_gguf(tiny_model, path, "q8_0")
    template = ChatTemplate.from_folder(tiny_model)
    assert gguf_chat_template(path) == ChatTemplate(
        template.source, template.eos_token, template.bos_token, path.name
    )
    tokenizer = load_tokenizer(tiny_model)
    text = "  x = 1234\n   5 ünï"
    with server(path) as running:
        body = {"content": text, "parse_special": True, "add_special": False}
        assert post(running.url, "/tokenize", body)["tokens"] == tokenizer.encode(text).ids
        turns = [{"role": "user", "content": text}]
        prompt = post(running.url, "/apply-template", {"messages": turns})["prompt"]
    assert prompt == template.render_prompt([Message(role="user", content=text)])


def test_the_embedded_model_goes_out_as_it_came_in(smollm2: Path, tmp_path: Path) -> None:
    """Tokens, types, merges and settings equal those of the file the weights came from."""
    from gguf import GGUFReader

    from codetune.models.embedded.smollm2 import smollm2_weights

    write_model_gguf(smollm2, tmp_path / "out.gguf", "q8_0")
    ours, theirs = GGUFReader(tmp_path / "out.gguf"), GGUFReader(smollm2_weights())
    for key in (
        "tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges", "tokenizer.ggml.pre",
        "tokenizer.ggml.eos_token_id", "tokenizer.ggml.bos_token_id", "tokenizer.ggml.padding_token_id",
        "tokenizer.chat_template", "tokenizer.ggml.add_bos_token", "llama.rope.freq_base",
        "llama.context_length", "llama.block_count", "llama.attention.head_count_kv",
        "llama.attention.layer_norm_rms_epsilon",
    ):  # fmt: skip
        assert ours.fields[key].contents() == theirs.fields[key].contents(), key
    assert {t.name for t in ours.tensors} == {t.name for t in theirs.tensors}


def test_what_llama_cpp_could_not_apply_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    config = TrainConfig(lora_r=4)
    _, named = shaken(config, tiny_model)
    write_adapter(tmp_path, named, config, "tiny")
    shape = model_config(tiny_model)
    plain = json.loads((tmp_path / "adapter_config.json").read_text())
    for key, value in (("use_dora", True), ("modules_to_save", ["lm_head"]), ("alpha_pattern", {"q": 1})):
        (tmp_path / "adapter_config.json").write_text(json.dumps({**plain, key: value}))
        with pytest.raises(DataError, match=f"adapter with {key}"):
            write_adapter_gguf(tmp_path, shape, tmp_path / "adapter.gguf")
    assert not (tmp_path / "adapter.gguf").exists()
    with pytest.raises(DataError, match="qwen2"):
        write_adapter_gguf(tmp_path, {**shape, "model_type": "qwen2"}, tmp_path / "adapter.gguf")


def test_models_that_are_not_understood_whole_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(tiny_model, tmp_path / "copy"))
    shape = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**shape, "model_type": "qwen2"}))
    with pytest.raises(DataError, match="qwen2"):
        write_model_gguf(folder, tmp_path / "out.gguf")
    (folder / "config.json").write_text(json.dumps(shape))
    tokens = json.loads((folder / "tokenizer.json").read_text())
    tokens["pre_tokenizer"] = {"type": "Whitespace"}
    (folder / "tokenizer.json").write_text(json.dumps(tokens))
    with pytest.raises(DataError, match="pre-tokenization is not known"):
        write_model_gguf(folder, tmp_path / "out.gguf")
    assert not (tmp_path / "out.gguf").exists()
