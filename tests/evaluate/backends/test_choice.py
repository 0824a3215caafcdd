"""Who serves where the settings say `auto`: the fastest that works, with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.evaluate.backends import choice
from codetune.evaluate.backends.choice import choose_serving
from codetune.models.servers import commands

FREE = 16 << 30


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """On a machine without a GPU that computes bf16 and has 16 GiB."""
    pytest.importorskip("torch")
    monkeypatch.setattr(choice, "has_gpu", lambda: False)
    monkeypatch.setattr(choice, "free_bytes", lambda: FREE)
    monkeypatch.setattr(choice, "missing_packages", lambda extra: [])
    monkeypatch.setattr("codetune.models.batched.folder_model.number_format", lambda: "bfloat16")
    path = tmp_path / "model.gguf"
    path.write_bytes(b"")
    return path


def test_what_the_settings_name_is_taken(weights: Path) -> None:
    for kind in ("embedded", "folder", "vllm", "sglang"):
        assert choose_serving(kind, weights, no_llama="") == choice.ServingChoice(kind)


def test_batches_where_they_work(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = choose_serving("auto", weights, no_llama="")
    assert found.kind == "folder" and "the fastest way on this machine" in found.said
    assert choose_serving("auto", weights, no_llama="it is a folder").said.endswith("it is a folder")
    with weights.open("r+b") as stream:
        stream.truncate(FREE // 10)
    assert "fill the memory" in choose_serving("auto", weights, no_llama="").said
    weights.write_bytes(b"")
    monkeypatch.setattr("codetune.models.batched.folder_model.number_format", lambda: "float32")
    assert "no instructions for bf16" in choose_serving("auto", weights, no_llama="").said
    monkeypatch.setattr(choice, "missing_packages", lambda extra: ["torch"])
    found = choose_serving("auto", weights, no_llama="")
    assert found.kind == "embedded" and "torch, which is not installed" in found.said


def test_a_gpu_is_for_what_is_installed(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (choice, commands):
        monkeypatch.setattr(module, "has_gpu", lambda: True)
    monkeypatch.setattr(commands, "is_installed", lambda program: False)
    assert choose_serving("auto", weights, no_llama="").kind == "folder"
    monkeypatch.setattr(commands, "is_installed", lambda program: program == "sglang")
    assert choose_serving("auto", weights, no_llama="").kind == "sglang"
    monkeypatch.setattr(commands, "is_installed", lambda program: True)
    found = choose_serving("auto", weights, no_llama="")
    assert (found.kind, found.said) == (
        "vllm", "vllm serves both models: it is installed, and there is a GPU",
    )  # fmt: skip
