from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.synth.conftest import ModelServer, snippet, write_dataset

from codetune.cli.main import run as command
from codetune.records import Snippet
from codetune.synth.options import OPTIONS
from codetune.synth.runtime.session import identity


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [snippet(f"def add_{i}(x):\n    return x + {i}\n", f"add_{i}", f"Add {i} to x.") for i in range(4)]
    return write_dataset(tmp_path / "in", Snippet, [rows])


def test_synth_makes_a_dataset_and_says_what_came_of_it(
    source: Path, tmp_path: Path, model_server: ModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "synth",
        "instruct-from-code",
        str(source),
        "-o",
        str(tmp_path / "out"),
        "--profile",
        "small",
        "--model",
        model_server.url,
    ]
    assert (
        command([*words, "--rows", "3", "--set", "accept=statement", "--set", "in_flight=2", "--json"]) == 0
    )
    card = json.loads(capsys.readouterr().out)
    assert card["counts"]["kept"] == 3 and card["counts"]["not_sampled"] == 1
    assert card["plan"]["config"]["options"]["accept"] == "statement"
    assert (tmp_path / "cache" / "requests.sqlite").exists()
    assert command([*words, "--rows", "3"]) == 2  # another run's folder
    assert "another run" in capsys.readouterr().err


def test_a_dry_run_writes_no_dataset(
    source: Path, tmp_path: Path, model_server: ModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "synth",
        "instruct-from-code",
        str(source),
        "-o",
        str(tmp_path / "out"),
        "--profile",
        "small",
        "--model",
        model_server.url,
    ]
    assert command([*words, "--dry-run"]) == 0
    assert "4 rows would be worked on" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["evolv"], "no generator 'evolv'"),
        (["instruct-from-code", "--set", "acept=statement"], "did you mean 'accept'"),
        (
            ["instruct-from-code", "--set", "min_words=0"],
            "min_words has to be at least 1, not 0 (--set min_words)",
        ),
        (["instruct-from-code", "--judge", "local"], "only judge"),
        (["evolve"], "Snippet rows where Instruction rows are needed"),
        (["instruct-from-code", "--model", "gpt"], "no model is called gpt"),
        (["instruct-from-code", "--prompts", "/nowhere"], "not there"),
        (["instruct-from-code", "--budget", "5"], "budget"),
    ],
)
def test_a_mistake_is_one_sentence(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    generator, *options = words
    assert command(["synth", generator, str(source), "-o", str(tmp_path / "out"), *options]) == 2
    assert says.lower() in capsys.readouterr().err.lower()
    assert not list((tmp_path / "out").glob("data/*"))


def test_generators_lists_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["generators", "--json"]) == 0
    assert {entry["name"] for entry in json.loads(capsys.readouterr().out)} == set(OPTIONS)
    assert command(["generators", "judge", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert all(setting["description"] for setting in told["settings"])
    assert command(["generators", "juge"]) == 2


def test_a_run_card_names_a_model_without_credentials() -> None:
    assert identity("https://me:secret@host:8000/v1?key=x") == "https://host:8000/v1"
    assert identity("local") == "local"
