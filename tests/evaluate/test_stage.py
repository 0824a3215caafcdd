"""The evaluate stage on real trainings of a tiny model: base and tuned are found from the run card."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evaluate.solving_server import SolvingServer
from tests.models.servers.stand_in import install
from tests.tiny_llama import write_tiny_llama, write_tiny_smollm
from tests.train.made import code_rows, write_dataset
from tests.waiting import is_running

from codetune.errors import CodetuneError, ConfigError, DataError
from codetune.evaluate.config import EvaluateConfig
from codetune.evaluate.scoring.score import Score, read_score
from codetune.evaluate.stage import run
from codetune.evaluate.statistics.compare import compare_folders
from codetune.models.servers.server import ServerStartError
from codetune.report.config import ReportConfig
from codetune.report.document import report_html
from codetune.report.sections.stages import Stages
from codetune.store.context import StageContext
from codetune.store.run_card import RunCard, read_card

pytest.importorskip("torch")

Train = Callable[[str], Path]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = write_dataset(tmp_path_factory.mktemp("rows") / "rows", code_rows(12))
    return folder


def train_once(method: str, base: Path, rows: Path, output: Path) -> None:
    from codetune.train.config import TrainConfig
    from codetune.train.stage import run as train

    config = TrainConfig(
        model=str(base), method=method, max_steps=1, lora_r=2, global_batch_size=2,  # type: ignore[arg-type]
        budget_seconds=None, dtype="float32", threads=1, held_out_rows=0, learning_rate=0.01,
    )  # fmt: skip
    train(config, [rows], output, StageContext(cache=output.parent / "cache"))


@pytest.fixture(scope="module")
def trained(base: Path, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Train:
    """Method -> the output of a training by it, made once."""
    folder, made = tmp_path_factory.mktemp("trained"), dict[str, Path]()

    def get(method: str) -> Path:
        if method not in made:
            train_once(method, base, rows, folder / method)
            made[method] = folder / method
        return made[method]

    return get


def evaluate(inputs: list[Path], output: Path, **settings: object) -> RunCard:
    (output.parent / "cache").mkdir(exist_ok=True)
    config = EvaluateConfig(**{"limit": 3, "max_new_tokens": 8, **settings})  # type: ignore[arg-type]
    return run(config, inputs, output, StageContext(cache=output.parent / "cache"))


@pytest.mark.parametrize("method", ["lora", "full"])
def test_base_and_tuned_are_those_of_the_training(
    method: str, base: Path, trained: Train, tmp_path: Path
) -> None:
    card = evaluate([trained(method)], tmp_path / "out")
    scores = {name: Score.from_json(made[0]) for name, made in card.results["scores"].items()}
    assert scores["base"].model.startswith(f"{base.name}@")
    tuned = f"{base.name}+adapter@" if method == "lora" else "model@"
    assert scores["tuned"].model.startswith(tuned)
    for name, score in scores.items():
        assert read_score(tmp_path / "out" / name / "humaneval") == score
        assert (score.problems_asked, score.conditions.max_new_tokens) == (3, 8)
        assert sum(score.verdicts.values()) == 3
    # The same prompts, the same everything but the model.
    found = compare_folders(tmp_path / "out" / "base", tmp_path / "out" / "tuned")
    assert found.comparisons[0].differing == ()
    written = json.loads((tmp_path / "out" / "comparison.json").read_text("utf-8"))
    assert written["comparisons"] == card.results["comparisons"]
    page = report_html(Stages([tmp_path / "out"]), ReportConfig())
    assert "HumanEval" in page and "Cut answers" in page


def test_several_benchmarks_are_asked_in_one_step_and_nothing_twice(
    trained: Train, rows: Path, tmp_path: Path
) -> None:
    kept = write_dataset(
        tmp_path / "kept", [replace(row, id="", output="x = 1\n") for row in code_rows(20)[12:]]
    )
    settings = {"benchmarks": ("humaneval", "task:code_generation")}
    card = evaluate([trained("lora"), kept], tmp_path / "out", **settings)
    assert [one["benchmark"] for one in card.results["comparisons"]] == ["humaneval", "task:code_generation"]
    assert all(one["adjusted_p_value"] is not None for one in card.results["comparisons"])
    graded = read_score(tmp_path / "out" / "tuned" / "task-code_generation")
    assert graded is not None and set(graded.metrics) >= {"exact_match", "codebleu"}
    again = evaluate([trained("lora"), kept], tmp_path / "out", **settings)
    assert again == card
    # Where only the last mark is missing, everything is there already.
    asked = [(tmp_path / "cache" / "requests.sqlite").stat().st_mtime_ns]
    (tmp_path / "out" / "run.json").unlink()
    shutil.copy(tmp_path / "out" / "base" / "humaneval" / "run.json", tmp_path / "other.json")
    plan = {"plan": {**card.plan.__dict__}, "seconds": 1.0}
    (tmp_path / "out" / "plan.json").write_text(json.dumps(plan))
    assert evaluate([trained("lora"), kept], tmp_path / "out", **settings).output_hash == card.output_hash
    assert [(tmp_path / "cache" / "requests.sqlite").stat().st_mtime_ns] == asked


def test_a_server_that_is_named_serves_both(trained: Train, tmp_path: Path) -> None:
    with SolvingServer("continues") as server:
        card = evaluate(
            [trained("lora")], tmp_path / "out", serve=server.url, served_base="a", served_tuned="b",
            max_new_tokens=None, limit=6,
        )  # fmt: skip
        assert {body["model"] for body in server.asked} == {"a", "b"}
    assert [one["verdict"] for one in card.results["comparisons"]] == ["tie"]
    for name, served in (("base", "a"), ("tuned", "b")):
        score = Score.from_json(card.results["scores"][name][0])
        assert (score.passed, score.model, score.conditions.continuation) == (6, served, "plain")


@pytest.mark.parametrize(("program", "method"), [("vllm", "lora"), ("vllm", "full"), ("sglang", "lora")])
def test_a_server_started_here_serves_both(
    program: str, method: str, trained: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls.jsonl"
    monkeypatch.setenv("PATH", f"{install(tmp_path / 'bin', program)}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_CALLS", str(calls))
    settings = {"serve": program, "serve_arguments": ("--tensor-parallel-size", "2"), "max_new_tokens": None}
    card = evaluate([trained(method)], tmp_path / "out", **settings)
    scores = {name: Score.from_json(made[0]) for name, made in card.results["scores"].items()}
    assert [score.passed for score in scores.values()] == [3, 3]
    assert len({score.model for score in scores.values()}) == 2
    assert {score.conditions.answered_by for score in scores.values()} == {program}
    told = [json.loads(line) for line in calls.read_text().splitlines()]
    started = [one for one in told if "argv" in one]
    # One server for a model with its adapter; with other weights one after the other.
    assert len(started) == (1 if method == "lora" else 2)
    assert all("--tensor-parallel-size" in one["argv"] for one in started)
    assert ("--enable-lora" in started[0]["argv"]) == (method == "lora")
    assert not any(is_running(one.get("pid") or one["worker"]) for one in told)
    assert (tmp_path / "out" / f"{program}{'' if method == 'lora' else '-base'}.log").exists()


@pytest.mark.parametrize("method", ["lora", "full"])
def test_llama_cpp_serves_both_from_files_of_their_own(method: str, rows: Path, tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    pytest.importorskip("xllamacpp")
    from codetune.train.weights.served_gguf import served_gguf

    train_once(method, write_tiny_smollm(tmp_path / "tiny"), rows, tmp_path / "trained")
    (tmp_path / "cache").mkdir(exist_ok=True)
    config = EvaluateConfig(limit=3, max_new_tokens=8, serve="gguf")
    context = StageContext(cache=tmp_path / "cache")
    card = run(config, [tmp_path / "trained"], tmp_path / "out", context, gguf_file=served_gguf)
    scores = [Score.from_json(made[0]) for made in card.results["scores"].values()]
    assert [score.conditions.answered_by for score in scores] == ["llama.cpp"] * 2
    assert len({score.model for score in scores}) == 2
    files = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache/weights").iterdir()}
    assert len(files) == 2 and all(name.endswith("-q8_0.gguf") for name in files)
    run(config, [tmp_path / "trained"], tmp_path / "again", context, gguf_file=served_gguf)
    assert files == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache/weights").iterdir()}


def test_a_server_that_dies_on_start_ends_the_stage(
    trained: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setenv("PATH", str(tmp_path))
        with pytest.raises(ConfigError, match="serve is vllm, which is not installed here"):
            evaluate([trained("lora")], tmp_path / "none", serve="vllm")
    assert not (tmp_path / "none").exists()
    monkeypatch.setenv("PATH", f"{install(tmp_path / 'bin', 'vllm')}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_CALLS", str(tmp_path / "calls.jsonl"))
    monkeypatch.setenv("STAND_IN", "dies")
    with pytest.raises(ServerStartError, match="CUDA out of memory"):
        evaluate([trained("lora")], tmp_path / "out", serve="vllm")


def test_auto_says_who_answers_and_why(trained: Train, tmp_path: Path) -> None:
    card = evaluate([trained("lora")], tmp_path / "out")
    assert card.results["served"] == (
        "both models are loaded here and asked in batches: its base model is no .gguf file"
    )
    scores = [Score.from_json(made[0]) for made in card.results["scores"].values()]
    assert len({score.conditions.answered_by for score in scores}) == 1
    assert scores[0].conditions.answered_by.startswith("transformers, ")


def test_other_weights_under_the_same_path_are_refused(
    base: Path, rows: Path, trained: Train, tmp_path: Path
) -> None:
    folder = trained("lora")
    import safetensors.torch
    import torch

    weights = base / "model.safetensors"
    before = weights.read_bytes()
    tensors = safetensors.torch.load_file(weights)
    try:
        changed = {name: torch.zeros_like(tensor) for name, tensor in tensors.items()}
        safetensors.torch.save_file(changed, weights, metadata={"format": "pt"})
        with pytest.raises(DataError, match="trained on tiny, and the base model given has other weights"):
            evaluate([folder], tmp_path / "out")
        assert not (tmp_path / "out").exists()
    finally:
        weights.write_bytes(before)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"serve": "embedded"}, ConfigError, "embedded server can't answer for this training"),
        ({"benchmarks": ("task:edit",)}, DataError, "held out fewer than 10 rows of these tasks"),
        ({"data": {"mbpp": "x"}}, ConfigError, "data is given for 'mbpp'"),
        (
            {"protocol": "multipl-e", "max_new_tokens": None},
            ConfigError,
            "multipl-e does not cover humaneval",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(
    settings: dict[str, object], error: type[CodetuneError], words: str, trained: Train, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        evaluate([trained("lora")], tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_rows_that_training_saw_are_no_benchmark(trained: Train, rows: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"was trained on \d+ of the \d+ rows it would be asked: [0-9a-f]{32}"
    ):
        evaluate([trained("lora"), rows], tmp_path / "out", benchmarks=("task:code_generation",))
    with pytest.raises(DataError, match="no finished training to evaluate"):
        evaluate([rows], tmp_path / "out")


def test_a_missing_base_is_named(trained: Train, tmp_path: Path) -> None:
    folder = tmp_path / "train"
    shutil.copytree(trained("lora"), folder)
    card = read_card(folder)
    assert card is not None
    replace(card, plan=replace(card.plan, config={**card.plan.config, "model": "/nowhere/model"})).write(
        folder
    )
    with pytest.raises(DataError, match=r"base model of this training is not there \(/nowhere/model\)"):
        evaluate([folder], tmp_path / "out")


def test_the_rows_that_training_held_out_are_the_tasks_own(base: Path, tmp_path: Path) -> None:
    """Where none of a task was held out, the task is left out and the rest is evaluated."""
    from codetune.train.config import TrainConfig
    from codetune.train.stage import run as train

    rows = write_dataset(tmp_path / "rows", code_rows(34))
    config = TrainConfig(
        model=str(base), max_steps=1, lora_r=2, global_batch_size=2, budget_seconds=None, dtype="float32", threads=1,
        held_out_fraction=0.3, held_out_rows=10,
    )  # fmt: skip
    train(config, [rows], tmp_path / "trained", StageContext(cache=tmp_path / "cache"))
    own, other = "task:code_generation", "task:code_summarization"
    card = evaluate([tmp_path / "trained"], tmp_path / "out", benchmarks=(own, other))
    assert [Score.from_json(one).benchmark.name for one in card.results["scores"]["tuned"]] == [own]
    assert card.counts["problems"] == 3  # the fixture's limit
    assert read_card(tmp_path / "trained" / "held_out").counts["kept"] == 10
    with pytest.raises(DataError, match="the training held out fewer than 10 rows of these tasks"):
        evaluate([tmp_path / "trained"], tmp_path / "none", benchmarks=(other,))
    assert not (tmp_path / "none").exists()
