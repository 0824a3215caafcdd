"""The way out by the command line: train, merge, gguf, each a sentence when it can't."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from codetune.cli.main import run
from codetune.models.embedded.gguf_file import check_gguf

QUICK = [
    "--set", "max_steps=2", "--set", "budget_seconds=null", "--set", "lora_r=2", "--set", "dtype=float32",
    "--set", "threads=1",
]  # fmt: skip


def test_train_merge_gguf(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tuned, merged = tmp_path / "tuned", tmp_path / "merged"
    base = shutil.copytree(tiny_model, tmp_path / "tiny-llama")
    (base / "README.md").write_text("---\nlicense: mit\n---\n")
    (base / "LICENSE").write_text("MIT, for all")
    config = tmp_path / "lora.yaml"
    config.write_text(f"model: {base}\nglobal_batch_size: 2\n")
    assert run(["train", str(config), "-d", str(rows_folder), "-o", str(tuned), *QUICK]) == 0
    assert "held-out loss" in capsys.readouterr().out
    assert run(["merge", str(tuned / "adapter"), "-o", str(merged), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"]["rank"] == 2
    card = (merged / "README.md").read_text()
    assert "license: mit" in card and "base_model: tiny-llama" in card and "| PSF-2.0 |" in card
    assert "lora_r`: 2" in card and str(tmp_path) not in card
    assert (merged / "LICENSE").read_text() == "MIT, for all"
    assert run(["gguf", str(merged), "-o", str(tmp_path / "m.gguf"), "--type", "q8_0"]) == 0
    assert run(["gguf", str(tuned / "adapter"), "-o", str(tmp_path / "a.gguf")]) == 0
    check_gguf(tmp_path / "m.gguf")
    assert not (tmp_path / ".cache").exists(), "an adapter's GGUF needs no weights of its base"
    assert (tmp_path / "a.gguf").read_bytes() == (tuned / "adapter.gguf").read_bytes()


def test_mistakes_are_sentences_with_exit_code_2(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.gguf"
    there.write_text("mine")
    config = tmp_path / "bad.yaml"
    config.write_text("lora_rank: 4\nlearning_rate: 7\n")
    cases = [
        (["train", "-o", str(tmp_path / "x")], "nothing to train on"),
        (["train", str(config), "-d", str(rows_folder), "-o", str(tmp_path / "x")], "lora_rank"),
        (["train", "-d", str(tmp_path), "-o", str(tmp_path / "x")], "not a dataset directory"),
        (["merge", str(tmp_path), "-o", str(tmp_path / "y")], "not an adapter"),
        (["gguf", str(tmp_path), "-o", str(tmp_path / "y.gguf")], "neither a model nor an adapter"),
        (["gguf", str(tiny_model), "-o", str(tmp_path)], "output is a folder"),
        (["gguf", str(tiny_model), "-o", str(tmp_path / "g.txt")], "does not end in .gguf"),
        (["gguf", str(tiny_model), "-o", str(there)], "give --overwrite"),
    ]
    for arguments, words in cases:
        assert run(arguments) == 2, arguments
        assert words in capsys.readouterr().err
    assert there.read_text() == "mine"
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "y").exists()


def test_merging_into_another_model_is_refused(
    tiny_model: Path, rows_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tuned = tmp_path / "tuned"
    arguments = ["train", "-d", str(rows_folder), "-o", str(tuned), "--set", f"model={tiny_model}", *QUICK]
    assert run(arguments) == 0
    merge = ["merge", str(tuned / "adapter"), "-o", str(tmp_path / "m"), "--base", "embedded"]
    assert run(merge) == 2
    assert "whose weights are not those of embedded" in capsys.readouterr().err
