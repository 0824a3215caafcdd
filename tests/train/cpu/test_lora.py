"""Our adapters are PEFT's: forward, gradients, and the files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from codetune.errors import ConfigError
from codetune.models.folder import load_model
from codetune.train.config import ALL_LINEAR, TrainConfig
from codetune.train.cpu.lora import add_adapters, named_adapters
from codetune.train.weights.adapter import write_adapter

IDS = torch.tensor([[1, 520, 8, 4000, 17, 2, 99], [5, 6, 7, 8, 9, 10, 11]])


def shaken(config: TrainConfig, folder: Path) -> tuple[torch.nn.Module, dict[str, torch.nn.Parameter]]:
    """A model whose adapters do something: B is random instead of zero."""
    model = load_model(folder, torch.float32)
    adapters = add_adapters(
        model, config.target_modules, r=config.lora_r, scale=config.lora_scale, dropout=0.0, seed=3
    )
    named = named_adapters(adapters)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, parameter in named.items():
            if ".lora_B." in name:
                parameter.normal_(0, 0.3, generator=generator)
    return model, named


@pytest.mark.parametrize("rslora", [False, True])
def test_peft_loads_what_we_write_and_computes_the_same(
    tiny_model: Path, tmp_path: Path, rslora: bool
) -> None:
    peft = pytest.importorskip("peft")
    config = TrainConfig(lora_r=4, lora_alpha=6, use_rslora=rslora)
    model, named = shaken(config, tiny_model)
    write_adapter(tmp_path, named, config, "tiny")
    theirs = peft.PeftModel.from_pretrained(
        load_model(tiny_model, torch.float32), tmp_path, is_trainable=True
    )
    ours_out = model(IDS, use_cache=False).logits
    theirs_out = theirs(IDS, use_cache=False).logits
    bare = load_model(tiny_model, torch.float32)(IDS, use_cache=False).logits
    torch.testing.assert_close(ours_out, theirs_out, rtol=1e-4, atol=1e-4)
    assert (ours_out - bare).abs().max() > 0.1

    ours_out.square().mean().backward()
    theirs_out.square().mean().backward()
    gradients = {
        name.replace(".default", ""): p.grad for name, p in theirs.named_parameters() if p.grad is not None
    }
    assert set(gradients) == set(named)
    for name, parameter in named.items():
        torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-3, atol=1e-4)


def test_a_fresh_adapter_changes_nothing_and_only_it_is_trained(tiny_model: Path) -> None:
    model = load_model(tiny_model, torch.float32)
    before = model(IDS, use_cache=False).logits
    named = named_adapters(add_adapters(model, ALL_LINEAR, r=4, scale=2.0, dropout=0.0, seed=0))
    torch.testing.assert_close(model(IDS, use_cache=False).logits, before)
    assert {id(p) for p in model.parameters() if p.requires_grad} == {id(p) for p in named.values()}
    assert len(named) == 2 * 7 * 2


def test_dropout_takes_the_plain_path_and_agrees_when_not_training(tiny_model: Path) -> None:
    model, _ = shaken(TrainConfig(lora_r=4), tiny_model)
    expected = model(IDS, use_cache=False).logits
    for module in model.modules():
        if hasattr(module, "lora_a"):
            module.dropout = 0.5
    model.eval()
    torch.testing.assert_close(model(IDS, use_cache=False).logits, expected)
    model.train()
    assert (model(IDS, use_cache=False).logits - expected).abs().max() > 0.01


def test_an_unknown_layer_is_named(tiny_model: Path) -> None:
    with pytest.raises(ConfigError, match=r"no linear layer called query.*q_proj"):
        add_adapters(load_model(tiny_model, torch.float32), ["query"], r=2, scale=1.0, dropout=0.0, seed=0)
