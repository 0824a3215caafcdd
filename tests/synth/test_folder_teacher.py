"""A teacher that is a model folder, or a .gguf file that is not whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.synth.conftest import snippet, write_dataset
from tests.synth.runtime.test_workers import Notes
from tests.tiny_llama import write_tiny_llama

from codetune.cli.main import run as command
from codetune.engine.local import LocalEngine
from codetune.models import hub
from codetune.models.folder import ModelFolder
from codetune.models.store.request_store import RequestStore
from codetune.records import Snippet
from codetune.store.context import StageContext
from codetune.synth.config import SynthConfig
from codetune.synth.runtime import session
from codetune.synth.runtime.session import loads_weights, with_commits
from codetune.synth.stage import run

pytest.importorskip("torch")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [snippet(f"def add_{i}(x):\n    return x + {i}\n", f"add_{i}", f"Add {i} to x.") for i in range(2)]
    return write_dataset(tmp_path / "in", Snippet, [rows])


def test_a_folder_writes_rows(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = write_tiny_llama(tmp_path / "models" / "tiny")
    words = ["synth", "summarize", str(source), "-o", str(tmp_path / "out"), "--profile", "small", "--json"]
    # Random weights write nothing that is kept, which the exit code tells.
    assert command([*words, "--model", str(tiny), "--set", "max_new_tokens=24"]) == 1
    card = json.loads(capsys.readouterr().out)
    name = ModelFolder.find(tiny).name
    assert card["plan"]["config"]["model"] == name  # no path of this machine
    assert card["rejects"] == {"cut short": 2}
    with RequestStore(tmp_path / "cache" / "requests.sqlite") as store:
        answers = list(store.answers())
    assert answers and {answer.model for answer in answers} == {name}
    assert all((answer.completion_tokens or 0) <= 48 for answer in answers)


def test_what_is_no_model_is_one_sentence(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(b"GGUF\x03\x00\x00\x00" + b"\xff" * 20)
    for model, says in ((tmp_path / "empty", "config.json is missing"), (cut, "is cut short")):
        assert (
            command(["synth", "summarize", str(source), "-o", str(tmp_path / "o"), "--model", str(model)])
            == 2
        )
        said = capsys.readouterr().err
        assert says in said and "Traceback" not in said
        assert not (tmp_path / "o").exists()


def test_one_of_the_hub_is_named_with_its_commit_and_loaded_by_one_process(
    source: Path, tmp_path: Path, context: StageContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "hub" / "models--org--tiny" / "snapshots" / commit
    write_tiny_llama(cached)
    for module in (session, hub):
        monkeypatch.setattr(module, "hub_folder", lambda name: cached)
    told = Notes()
    config = SynthConfig(generator="summarize", model="org/tiny", profile="small", max_new_tokens=24)
    with LocalEngine(2) as engine:
        card = run(config, [source], tmp_path / "out", replace(context, engine=engine, progress=told))
    assert card.plan.config["model"] == f"org/tiny@{commit}"
    assert "one worker, since the model is loaded once, by one process" in told.notes


def test_a_name_in_the_model_map_is_no_name_of_the_hub(tmp_path: Path) -> None:
    listed = tmp_path / "map.json"
    listed.write_text('{"org/tiny": {"base": "http://127.0.0.1:1/v1"}}')
    config = SynthConfig(model="org/tiny", model_map=listed)
    assert with_commits(config) == config and not loads_weights("org/tiny", listed)
    assert loads_weights("org/tiny", None)
