"""Each example registers itself and runs through the real command or protocol, on a tiny input."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.synth.conftest import ModelServer

from codetune.cli.main import run as codetune
from codetune.records import Instruction, Lineage
from codetune.store.dataset import Dataset, DatasetWriter, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("new_*.py"))
PROJECT = Path(__file__).parents[1] / "data" / "project"
MOST_LINES = 60


@pytest.fixture(autouse=True)
def registries_as_they_were() -> Iterator[None]:
    from codetune.curate.row_checks import ROW_CHECKS
    from codetune.evaluate.benchmarks.registry import BENCHMARKS
    from codetune.models.open import BACKENDS
    from codetune.sources.registry import SOURCES
    from codetune.synth.options import OPTIONS
    from codetune.synth.registry import GENERATORS
    from codetune.tasks.grading.graders import GRADERS
    from codetune.tasks.registry import TASKS

    registries: list[dict[str, Any]] = [
        ROW_CHECKS, BENCHMARKS, BACKENDS, SOURCES, OPTIONS, GENERATORS, GRADERS, TASKS,
    ]  # fmt: skip
    before = [dict(registry) for registry in registries]
    yield
    for registry, entries in zip(registries, before, strict=True):
        registry.clear()
        registry.update(entries)


def register(name: str) -> Any:
    """Import an example as if for the first time."""
    return importlib.reload(importlib.import_module(f"examples.{name}"))


def write_rows(folder: Path, rows: list[Instruction]) -> Path:
    with StageOutput(folder, Plan(stage="test", config={}, inputs={}, code="")) as output:
        writer = DatasetWriter(output, Instruction)
        writer.write(0, Shard(rows))
        writer.finish(title="test", description="test")
    return folder


def reported(capsys: pytest.CaptureFixture[str], *command: object) -> dict[str, Any]:
    """What a command prints as JSON; it has to succeed."""
    code = codetune([*map(str, command), "--json"])
    said = capsys.readouterr()
    assert code == 0, said.err
    return dict(json.loads(said.out))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_short_and_every_one_is_run_here(name: str) -> None:
    lines = (EXAMPLES / f"{name}.py").read_text("utf-8").splitlines()
    assert len(lines) < MOST_LINES
    assert f'register("{name}")' in Path(__file__).read_text("utf-8")


def test_a_new_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"question": "How do I reverse a list?", "answer": "items[::-1]"},
        {"question": "And a tuple?", "answer": " "},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    register("new_source")
    card = reported(capsys, "collect", "questions", path, "-o", tmp_path / "out", "--workers", "1")
    assert (card["counts"]["kept"], card["rejects"]) == (1, {"no answer": 1})
    [row] = Dataset[Instruction](tmp_path / "out")
    assert (row.instruction, row.output, row.license) == (rows[0]["question"], "items[::-1]", "CC0-1.0")


def test_a_new_task() -> None:
    from codetune.tasks.registry import get_task

    register("new_task")
    task = get_task("function_naming")
    asked = task.render({"code": "def f(a, b): return a + b", "name": "add"}, record_id="1", seed=0)
    assert "name" in asked.instruction and asked.input == "def f(a, b): return a + b"
    row = Instruction(
        task=task.name, instruction=asked.instruction, input=asked.input, output=asked.output, source="test"
    )
    grades = task.grader().grade([row, row, row], ["`Add`", "add", "sum"])
    assert grades["exact_match"].value == pytest.approx(2 / 3)


def test_a_new_generator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = ModelServer()
    server.answer = lambda body: json.dumps(
        {"name": "two words" if "def flatten" in str(body["messages"]) else "better_name"}
    )
    collected, named = tmp_path / "collected", tmp_path / "named"
    reported(capsys, "collect", "code", PROJECT, "-o", collected, "--workers", "1")
    register("new_generator")
    prompts = EXAMPLES / "prompts"
    card = reported(
        capsys, "synth", "name-it", collected, "-o", named, "--model", server.url, "--prompts", prompts
    )
    server.close()
    assert (card["counts"]["kept"], card["rejects"]) == (19, {"not as the schema says": 1})
    assert {row.output for row in Dataset[Instruction](named)} == {"better_name"}
    assert {row.lineage.generated[0].prompt for row in Dataset[Instruction](named)} == {"name_it.en"}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_new_check(workers: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def row(output: str) -> Instruction:
        return Instruction(
            task="instruction_following", instruction=f"Write {output}", output=output, source="test",
            lineage=Lineage(upstream_id=output),
        )  # fmt: skip

    rows = write_rows(tmp_path / "rows", [row("x = 1"), row("# TODO: the rest"), row("y = 2")])
    register("new_check")
    command = [
        "curate",
        rows,
        "-o",
        tmp_path / "clean",
        "--workers",
        workers,
        "--set",
        "near_duplicate_jaccard=null",
    ]
    card = reported(capsys, *command, "--set", "checks=[unfinished]")
    assert (card["counts"]["kept"], card["rejects"]) == (2, {"unfinished": 1})
    assert codetune(["curate", str(rows), "-o", str(tmp_path / "x"), "--set", "checks=[unfinishd]"]) == 2
    assert "did you mean 'unfinished'" in capsys.readouterr().err


def test_a_new_benchmark_and_a_new_backend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problems = [
        {
            "id": name,
            "prompt": f"def {name}(a, b):\n",
            "asserts": f"assert {name}(2, 3) == {result}\n",
            "function": name,
            "solution": solution,
        }
        for name, result, solution in (("add", 5, "    return a + b\n"), ("times", 6, "    return a * b\n"))
    ]
    data, answers = tmp_path / "arithmetic.jsonl", tmp_path / "answers.json"
    data.write_text("".join(json.dumps(problem) + "\n" for problem in problems))
    answers.write_text(json.dumps({"def add": "    return a + b\n", "def times": "    return a + b\n"}))
    register("new_benchmark")
    register("new_backend")
    score = reported(
        capsys, "eval", "arithmetic", "--data", data, "--model", f"canned:{answers}", "--style", "completion",
        "-o", tmp_path / "score",
    )  # fmt: skip
    assert (score["problems"], score["passed"]) == (2, 1)
