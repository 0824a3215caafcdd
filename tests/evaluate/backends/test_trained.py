"""A training's tuned model, named by its output: asked in the ways of a recipe, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.evaluate.test_stage import base, rows, trained  # noqa: F401
from typer.testing import CliRunner

from codetune.cli.main import app
from codetune.errors import ConfigError
from codetune.evaluate.backends.trained import training_named

pytest.importorskip("torch")


def test_only_a_training_can_be_served_in_several_ways(tmp_path: Path) -> None:
    assert training_named("local", None) is None
    assert training_named(str(tmp_path), None) is None
    for model in ("local", str(tmp_path), "http://127.0.0.1:1/v1"):
        with pytest.raises(ConfigError, match="is not the output of a training"):
            training_named(model, "folder")


def test_a_running_server_is_named_as_the_model(trained, tmp_path: Path) -> None:  # noqa: F811
    assert training_named(str(trained("lora")), "gguf").plan.stage == "train"
    with pytest.raises(ConfigError, match="give --model http://a:1/v1"):
        training_named(str(trained("lora")), "http://a:1/v1")


def test_the_command_asks_the_tuned_model(trained, tmp_path: Path) -> None:  # noqa: F811
    def asked(*more: str):
        return CliRunner().invoke(
            app,
            ["eval", "humaneval", "--model", str(trained("lora")), "--limit", "2", "--max-new-tokens", "4",
             "-o", str(tmp_path / "out"), "--cache", str(tmp_path / "cache"), *more],
        )  # fmt: skip

    refused = asked("--serve", "embedded")
    assert isinstance(refused.exception, ConfigError) and not (tmp_path / "out").exists()
    assert "embedded server can't answer for this training" in str(refused.exception)
    done = asked("--serve", "folder")
    assert done.exit_code == 0, done.output
    score = json.loads((tmp_path / "out" / "score.json").read_text("utf-8"))
    assert "+adapter@" in score["model"]
