"""A model folder: found, checked, named by its content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codetune.errors import ConfigError, DataError
from codetune.models.folder import ModelFolder, copy_tokenizer


def model(folder: Path, *, weights: bytes = b"weights") -> Path:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text('{"model": {}}')
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def adapter(folder: Path, base: str) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": base}))
    (folder / "adapter_model.safetensors").write_bytes(b"adapter")
    return folder


def test_the_name_changes_with_the_weights_and_the_adapter_not_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    first = ModelFolder.find(model(tmp_path / "m"))
    assert ModelFolder.find(model(tmp_path / "elsewhere" / "m")).name == first.name
    assert ModelFolder.find(model(tmp_path / "other", weights=b"else")).hash != first.hash
    tuned = ModelFolder.find(tmp_path / "m", adapter(tmp_path / "a", "x"))
    assert tuned.hash != first.hash and tuned.name.startswith("m+a@")


def test_an_adapter_names_its_base_and_may_bring_its_tokenizer(tmp_path: Path) -> None:
    base = model(tmp_path / "m")
    tuned = adapter(tmp_path / "a", str(base))
    found = ModelFolder.find(tuned)
    assert (found.path, found.adapter, found.tokenizer) == (base, tuned, base)
    copy_tokenizer(base, tuned)
    assert ModelFolder.find(tuned).tokenizer == tuned


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for number, name in enumerate(("config.json", "model.safetensors", "tokenizer.json")):
        folder = model(tmp_path / str(number))
        (folder / name).unlink()
        with pytest.raises(DataError, match=name.split(".", 1)[1] if number == 1 else name.split(".")[0]):
            ModelFolder.find(folder)
    with pytest.raises(DataError, match="not a PEFT adapter"):
        ModelFolder.find(model(tmp_path / "m"), tmp_path)
    with pytest.raises(ConfigError, match="'my models/x', which is not a folder on this machine"):
        ModelFolder.find(adapter(tmp_path / "a", "my models/x"))
