"""A whole recipe in small: a project of twenty functions, a scripted server, a tiny model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.synth.conftest import ModelServer, obedient
from tests.tiny_llama import write_tiny_llama

from codetune.engine.local import LocalEngine
from codetune.recipes.recipe import Recipe, load_recipe
from codetune.recipes.runner import StepResult, run_recipe
from codetune.recipes.stages import STAGES

PROJECT = Path(__file__).parents[1] / "data" / "project"
UNANSWERED = "caesar_cipher"
"""The function that the server has no valid task for."""


def write_project(folder: Path) -> Path:
    """The twenty functions, and three more that curation has to reject.

    They are a copy of a function, a function with a key in it, and the solution of a HumanEval problem.
    """
    from codetune.evaluate.benchmarks.registry import load_problems

    shutil.copytree(PROJECT, folder)
    copied = (PROJECT / "numbers.py").read_text().split("\n\n\n")[2]
    key = "AKIA" + "Q3EGRIT7VY2KLMZP"  # in two parts, so that this file holds no key
    secret = f'def connect(host):\n    """Open a connection to a host of the project."""\n    key = "{key}"\n    return (host, key)\n'
    problem = load_problems("humaneval")[0]
    solved = problem.prompt + (problem.canonical_solution or "")
    (folder / "rejected.py").write_text("\n\n\n".join((copied, secret, solved)))
    return folder


def scripted_answer(body: dict) -> str:
    """What a flawless model would answer, but for one function; to a benchmark, a function without a body."""
    if "response_format" not in body:
        return "    pass\n"
    schema = body["response_format"]["json_schema"]["schema"]
    asked = [message["content"] for message in body["messages"] if message["role"] == "user"]
    # A retry comes after the question; the question is what begins so.
    question = next((text for text in reversed(asked) if "Begin with: " in text), asked[-1])
    if UNANSWERED in question and "instruction" in schema["properties"]:
        return json.dumps({"instruction": ""})
    return obedient(schema, question)


def write_recipe(path: Path, project: Path, server: str, model: Path) -> Path:
    training = {
        "model": str(model), "max_steps": 2, "lora_r": 2, "global_batch_size": 4, "budget_seconds": None,
        "dtype": "float32", "threads": 1, "held_out_fraction": 0.5, "held_out_rows": 24,
    }  # fmt: skip
    stages = [
        ("collect", [], {"source": "code", "path": str(project)}),
        ("tasks", ["collect"], {}),
        ("synth", ["collect"], {"generator": "instruct-from-code", "model": server, "profile": "small"}),
        ("curate", ["synth", "tasks"], {"decontaminate": ["humaneval"]}),
        ("train", ["curate"], training),
        (
            "unseen",
            ["collect"],
            {"tasks": ["code_completion"]},
        ),  # of the 23 functions training holds out too few
        (
            "evaluate",
            ["train", "unseen"],
            {"benchmarks": ["humaneval", "task:code_completion"], "limit": 3, "max_new_tokens": 24},
        ),
        ("report", ["collect", "tasks", "synth", "curate", "train", "evaluate"], {}),
    ]
    plain = [
        {"name": name, "stage": "tasks" if name == "unseen" else name, "from": sources, "with": with_}
        for name, sources, with_ in stages
    ]
    path.write_text(yaml.safe_dump({"name": "small", "seed": 3, "stages": plain}))
    return path


@dataclass(frozen=True)
class FinishedRun:
    """A recipe that ran once to its end, and the server that was asked."""

    recipe_file: Path
    recipe: Recipe
    folder: Path
    server: ModelServer
    results: list[StepResult]


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    return write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture(scope="module")
def scripted_server() -> Iterator[ModelServer]:
    server = ModelServer()
    server.answer = scripted_answer
    yield server
    server.close()


@pytest.fixture(scope="module")
def finished(
    tmp_path_factory: pytest.TempPathFactory, scripted_server: ModelServer, tiny_llama: Path
) -> FinishedRun:
    folder = tmp_path_factory.mktemp("recipe")
    project = write_project(folder / "project")
    path = write_recipe(folder / "small.yaml", project, scripted_server.url, tiny_llama)
    recipe = load_recipe(path, {name: kind.settings for name, kind in STAGES.items()})
    with LocalEngine(1) as engine:
        results = run_recipe(recipe, folder / "run", engine=engine, cache=folder / "run" / "cache")
    return FinishedRun(path, recipe, folder / "run", scripted_server, results)
