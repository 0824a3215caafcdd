"""Recipes to begin with: every case on every machine is checked, and those of the laptop are run."""

from __future__ import annotations

import json
from pathlib import Path

import pygit2
import pytest
from tests.recipes.conftest import PROJECT
from tests.recipes.test_programming_instruct import write_repository
from tests.synth.conftest import ModelServer

from codetune.cli.main import run as codetune
from codetune.recipes.recipe import load_recipe
from codetune.recipes.stages import STAGES
from codetune.recipes.starter import CASES, MACHINES, starter_recipe

KINDS = {name: kind.settings for name, kind in STAGES.items()}
ALL = [(case, machine) for case in CASES for machine in MACHINES]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Case -> something small to read."""
    folder = tmp_path_factory.mktemp("places")
    (folder / "repository").mkdir()
    write_repository(folder / "repository")
    (folder / "sets").mkdir()
    rows = [
        {"instruction": f"Write a function that adds {n} to a number.", "input": "", "response": f"def add(x):\n    return x + {n}"}
        for n in range(40)
    ]  # fmt: skip
    (folder / "sets" / "codegen-instruct.json").write_text(json.dumps(rows))
    return {
        "own-code": str(PROJECT),
        "commits": str(folder / "repository"),
        "open-sets": str(folder / "sets"),
    }


def test_the_repository_of_the_tests_is_one(places: dict[str, str]) -> None:
    assert not pygit2.Repository(places["commits"]).head_is_unborn


@pytest.mark.parametrize(("case", "machine"), ALL)
def test_each_is_valid_commented_and_passes_its_plan(
    case: str, machine: str, places: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my recipe.yaml"
    assert codetune(["init", case, "--on", machine, "--data", places[case], "-o", str(path)]) == 0
    text = path.read_text()
    settings = [line for line in text.splitlines() if line.startswith("      ") and ":" in line]
    bare = [line for line in settings if "#" not in line and "source:" not in line and "name:" not in line]
    assert [line.split(":")[0].strip() for line in bare if "path" not in line and "count" not in line] in (
        [],
        ["parts"],
    )
    recipe = load_recipe(path, KINDS)
    assert recipe.steps[-1].stage == "report"
    capsys.readouterr()
    pytest.importorskip("torch")
    assert codetune(["run", str(path), "--plan", "-o", str(tmp_path / "run")]) == 0, capsys.readouterr().out
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("case", CASES)
def test_without_a_place_it_reads_the_current_folder_or_the_sets_addresses(case: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(starter_recipe(case, "gpu"))
    recipe = load_recipe(tmp_path / "recipe.yaml", KINDS)
    first = recipe.steps[0].settings.model_dump()
    assert first.get("path") == "." or first["parts"][0]["path"].startswith("https://")


@pytest.mark.parametrize("name", ["a: b", "# x", "with space", "null", "tür", "-", "a ## b", '"', "~/x"])
def test_any_name_survives(name: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        starter_recipe("own-code", "gpu", data=name, model=name, teacher=name)
    )
    steps = {step.name: step.settings for step in load_recipe(tmp_path / "recipe.yaml", KINDS).steps}
    assert (steps["collect"].path, steps["train"].model, steps["synth"].model) == (name, name, name)


def test_nothing_is_overwritten_and_mistakes_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("mine")
    assert codetune(["init", "own-code", "-o", str(path)]) == 2
    assert "the file is there already" in capsys.readouterr().err.lower() and path.read_text() == "mine"
    other = ["-o", str(tmp_path / "other.yaml")]
    assert codetune(["init", "own-cod", *other]) == 2
    assert "there is no case 'own-cod'" in capsys.readouterr().err.lower()
    assert codetune(["init", "own-code", "--on", "phone", *other]) == 2
    assert "choose one of: laptop, gpu, cluster" in capsys.readouterr().err.lower()
    assert not (tmp_path / "other.yaml").exists()


@pytest.mark.parametrize("case", CASES)
def test_those_of_the_laptop_run(
    case: str, places: dict[str, str], tmp_path: Path, tiny_llama: Path, scripted_server: ModelServer
) -> None:
    """With a model of two layers, a scripted teacher and two steps."""
    path = tmp_path / "recipe.yaml"
    init = [
        "init",
        case,
        "--data",
        places[case],
        "--model",
        str(tiny_llama),
        "--teacher",
        scripted_server.url,
    ]
    assert codetune([*init, "-o", str(path)]) == 0
    small = {"train.max_steps": 2, "train.lora_r": 2, "train.dtype": "float32", "train.threads": 1,
             "train.max_seq_length": 2048, "evaluate.limit": 2, "evaluate.max_new_tokens": 8}  # fmt: skip
    if case != "open-sets":
        small |= {"train.held_out_fraction": 0.5, "train.held_out_rows": 24}
    settings = [word for key, value in small.items() for word in ("--set", f"{key}={value}")]
    run = [
        "run",
        str(path),
        "-o",
        str(tmp_path / "run"),
        "--cache",
        str(tmp_path / "cache"),
        "--workers",
        "1",
        "-q",
    ]
    assert codetune([*run, *settings]) == 0
    assert (tmp_path / "run" / "report" / "report.html").stat().st_size > 10_000
