"""What a recipe will do: counted where it can be, nothing asked, nothing written, everything missing named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.recipes.conftest import FinishedRun, write_project, write_recipe
from tests.synth.conftest import ModelServer

from codetune.cli.main import run as codetune
from codetune.errors import ConfigError, SafetyError
from codetune.models import hub
from codetune.recipes.preview import checks
from codetune.recipes.preview.expected import RecipePreview
from codetune.recipes.preview.recipe_preview import check_recipe, preview_recipe
from codetune.recipes.recipe import Recipe, load_recipe
from codetune.recipes.stages import STAGES
from codetune.recipes.starter import starter_recipe
from codetune.tasks.config import TasksConfig
from codetune.tasks.stage import run as word_tasks

KINDS = {name: kind.settings for name, kind in STAGES.items()}


def everything(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture
def recipe_file(tmp_path: Path, scripted_server: ModelServer, tiny_llama: Path) -> Path:
    return write_recipe(
        tmp_path / "small.yaml", write_project(tmp_path / "project"), scripted_server.url, tiny_llama
    )


def loaded(path: Path, **overrides: Any) -> Recipe:
    return load_recipe(path, KINDS, overrides={key.replace("__", "."): v for key, v in overrides.items()})


def step(found: RecipePreview, name: str) -> Any:
    return next(one for one in found.steps if one.name == name)


def test_nothing_is_asked_and_nothing_written(
    recipe_file: Path, scripted_server: ModelServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, asked = everything(tmp_path), len(scripted_server.asked)
    run = ["run", str(recipe_file), "--plan", "-o", str(tmp_path / "run"), "--cache", str(tmp_path / "cache")]
    assert codetune(run) == 0
    shown = capsys.readouterr().out
    assert "Nothing was asked and nothing written." in shown
    assert "items of humaneval" in shown and "licences of the rows" in shown
    assert everything(tmp_path) == before and len(scripted_server.asked) == asked
    assert codetune([*run, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["faults"] == [] and told["totals"]["requests"] > 0
    assert "cost (USD) of synth" in told["not_known"]


def test_rows_are_those_of_the_run(finished: FinishedRun, tmp_path: Path) -> None:
    """All pieces of a small input are read, so that rows found and worded are not estimates."""
    found = preview_recipe(finished.recipe, tmp_path / "another")
    cards = {result.name: result.card for result in finished.results}
    assert step(found, "collect").number("rows out") == cards["collect"].counts["kept"]
    assert step(found, "tasks").number("rows out") == cards["tasks"].counts["kept"]
    assert step(found, "train").number("training steps") == cards["train"].counts["steps"]
    assert step(found, "evaluate").number("items of humaneval") == 3
    synth = step(found, "synth")
    assert synth.number("rows worked on") == 23
    asked = cards["synth"].counts["kept"] + cards["synth"].counts["rejected"]
    assert asked <= synth.number("requests") <= 4 * asked
    assert synth.number("prompt tokens") > synth.number("requests") * 100


def test_what_is_finished_costs_nothing_and_other_settings_are_named(finished: FinishedRun) -> None:
    found = preview_recipe(finished.recipe, finished.folder)
    assert {one.state for one in found.steps} == {"finished"}
    assert found.totals == {} and found.faults == []
    changed = loaded(finished.recipe_file, curate__exact=False)
    [fault] = preview_recipe(changed, finished.folder).faults
    assert fault.startswith("curate: it was made with other settings (exact was True, not False)")


def test_prices_of_the_model_map_become_a_cost(recipe_file: Path, tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(
        "models:\n  teacher:\n    price: {input: 1.0, output: 10.0}\n    base: http://127.0.0.1:9/v1\n"
    )
    with_map = {"synth__model": "teacher", "synth__model_map": str(tmp_path / "models.yaml")}
    synth = step(preview_recipe(loaded(recipe_file, **with_map), tmp_path / "run"), "synth")
    tokens = synth.number("prompt tokens") * 1.0 + synth.number("answer tokens") * 10.0
    assert synth.number("cost (USD)") == pytest.approx(tokens / 1e6)


def test_a_model_that_cannot_be_written_as_gguf_is_said_before_it_is_trained(
    recipe_file: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(tiny_llama, tmp_path / "other")
    config = json.loads((other / "config.json").read_text("utf-8"))
    (other / "config.json").write_text(json.dumps({**config, "model_type": "qwen3"}))
    for model, is_said in ((other, True), (tiny_llama, False)):
        recipe = loaded(recipe_file, train__model=str(model), evaluate__serve="gguf")
        faults = preview_recipe(recipe, tmp_path / "run").faults
        assert any("its architecture is 'qwen3'" in fault for fault in faults) == is_said


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"train__model": "no/such/folder"}, "train: "),
        ({"synth__model": "nowhere.gguf"}, "synth: "),
        ({"synth__model": "teacher"}, "synth: there is no model 'teacher'"),
        ({"synth__prompts": "no/such/folder"}, "synth: the folder of prompts is not there"),
        ({"collect__path": "no/such/folder"}, "collect: "),
        ({"curate__decontaminate": ["humanevil"]}, "curate: there is no benchmark 'humanevil'"),
        ({"evaluate__benchmarks": ["mbpp"]}, "evaluate: the data of MBPP is not here"),
        (
            {"evaluate__benchmarks": ["humanevol"]},
            "evaluate: there is no benchmark 'humanevol'; did you mean",
        ),
        ({"evaluate__data": {"mbpp": "x"}}, "evaluate: data is given for 'mbpp'"),
        ({"evaluate__serve": "embedded"}, "evaluate: the embedded server can't answer for this training"),
        ({"train__use_liger": True}, "train: this machine has no GPU, and use_liger needs one"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_spent(
    recipe_file: Path,
    tmp_path: Path,
    scripted_server: ModelServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    overrides: dict[str, Any],
    message: str,
) -> None:
    monkeypatch.delenv("CODETUNE_DATA", raising=False)
    monkeypatch.setattr(checks, "has_graphics_card", lambda: False)
    recipe, asked = loaded(recipe_file, **overrides), len(scripted_server.asked)
    assert any(message in fault for fault in preview_recipe(recipe, tmp_path / "run").faults)
    with pytest.raises(ConfigError) as raised:
        check_recipe(recipe, tmp_path / "run")
    assert message in str(raised.value)
    settings = [
        word
        for key, value in overrides.items()
        for word in ("--set", f"{key.replace('__', '.')}={json.dumps(value)}")
    ]
    assert codetune(["run", str(recipe_file), "-o", str(tmp_path / "run"), *settings]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists() and len(scripted_server.asked) == asked


def test_a_plan_fetches_no_model_of_the_hub(
    recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(hub, "hub_folder", lambda name: pytest.fail("a model was fetched"))
    monkeypatch.setattr(checks, "check_hub_name", asked.append)
    found = preview_recipe(loaded(recipe_file, train__model="org/name"), tmp_path / "run")
    assert found.faults == [] and asked == ["org/name"]
    [hours] = [one for one in step(found, "train").expected if one.what.startswith("hours")]
    assert hours.value is None and "fetched from the hub when the run starts" in hours.basis


def test_all_that_is_missing_is_said_at_once(recipe_file: Path, tmp_path: Path) -> None:
    recipe = loaded(recipe_file, train__model="no/such/folder", curate__decontaminate=["humanevil"])
    with pytest.raises(ConfigError, match="for 2 reasons"):
        check_recipe(recipe, tmp_path / "run")


def test_a_machine_without_a_sandbox_is_told(
    recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> None:
        raise SafetyError("this machine allows no sandbox")

    monkeypatch.setattr(checks, "choose_spec", none)
    with pytest.raises(ConfigError, match="evaluate: this machine allows no sandbox"):
        check_recipe(loaded(recipe_file), tmp_path / "run")


def test_a_key_that_is_not_there_is_told(
    recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    (tmp_path / "models.yaml").write_text(
        "models:\n  teacher:\n    base: https://example.org/v1\n    api_env: NO_SUCH_KEY\n"
    )
    recipe = loaded(recipe_file, synth__model="teacher", synth__model_map=str(tmp_path / "models.yaml"))
    with pytest.raises(ConfigError, match="NO_SUCH_KEY"):
        check_recipe(recipe, tmp_path / "run")
    recipe = loaded(recipe_file, synth__model="techer", synth__model_map=str(tmp_path / "models.yaml"))
    with pytest.raises(ConfigError, match="did you mean 'teacher'"):
        check_recipe(recipe, tmp_path / "run")


def test_a_training_that_holds_no_row_out_has_nothing_to_be_graded_on(
    recipe_file: Path, tmp_path: Path
) -> None:
    graded_on(recipe_file)
    with pytest.raises(ConfigError, match="task:code_summarization needs rows that training does not see"):
        check_recipe(loaded(recipe_file, train__held_out_rows=0), tmp_path / "run")


def graded_on(path: Path, *sources: str) -> Recipe:
    """The recipe with summaries to be graded: of these datasets beside the training, or of held-out rows."""
    plain = yaml.safe_load(path.read_text())
    step = next(one for one in plain["stages"] if one["name"] == "evaluate")
    step["from"] = ["train", *sources]
    step["with"]["benchmarks"] = ["task:code_summarization"]
    path.write_text(yaml.safe_dump(plain))
    return loaded(path)


def test_rows_that_training_learns_from_are_no_test(recipe_file: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match="graded on the rows of tasks, and train learns from them through curate"
    ):
        check_recipe(graded_on(recipe_file, "tasks"), tmp_path / "run")


def test_rows_that_are_there_are_named(finished: FinishedRun, tmp_path: Path) -> None:
    """A dataset of the run's own rows, given by its path: of its rows those that curation kept are known."""
    import shutil

    from codetune.store.context import StageContext

    context = StageContext(seed=3, cache=tmp_path / "cache")
    word_tasks(TasksConfig(), [finished.folder / "collect"], tmp_path / "rows", context)
    recipe = loaded(
        finished.recipe_file,
        evaluate__benchmarks=["task:code_summarization"],
        evaluate__data={"task:code_summarization": str(tmp_path / "rows")},
    )
    run = tmp_path / "run"
    for name in ("collect", "tasks", "synth", "curate"):
        shutil.copytree(finished.folder / name, run / name)
    with pytest.raises(ConfigError) as raised:
        check_recipe(recipe, run)
    said = str(raised.value)
    assert (
        "rows that task:code_summarization would be graded on are among the rows that train learns from"
        in said
    )
    assert "(numbers.py)" in said or ".py)" in said


def test_steps_and_epochs_are_the_trainers_own() -> None:
    """A training makes whole epochs of at least one step, however few the rows are."""
    from codetune.recipes.preview.expected import Expected, StepPreview
    from codetune.recipes.preview.training import preview_train
    from codetune.recipes.recipe import Step
    from codetune.records import Instruction
    from codetune.train.config import TrainConfig

    row = Instruction(task="code_generation", instruction="Add one.", output="x + 1", source="code")
    rows = StepPreview(
        name="tasks", stage="tasks", expected=(Expected("rows out", 4.0, ""),), kind=Instruction, sample=[row]
    )
    config = TrainConfig(global_batch_size=64, epochs=2, max_steps=None, held_out_rows=0)
    found = preview_train(Step("train", "train", ("tasks",), config), config, [rows])
    assert (found.number("training steps"), found.number("epochs")) == (2, 2)


def test_what_can_not_be_looked_at_is_not_known_and_not_zero(tmp_path: Path) -> None:
    """A mixture that is read from an address: its rows, and those held out of it, come on top of the sums."""
    path = tmp_path / "recipe.yaml"
    path.write_text(starter_recipe("open-sets", "gpu"))
    found = preview_recipe(loaded(path), tmp_path / "run")
    evaluation = step(found, "evaluate")
    assert evaluation.number("items of task:instruction_following") is None
    assert "items of task:instruction_following of evaluate" in found.unknown
    assert "hours on this machine of train" in found.unknown
    requests = next(one for one in evaluation.expected if one.what == "requests")
    assert "those of task:instruction_following come on top" in requests.basis


def test_code_that_gives_no_row_is_told_beforehand(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    (tmp_path / "code").mkdir()
    path.write_text(starter_recipe("own-code", "laptop", data=str(tmp_path / "code")))
    source = tmp_path / "code" / "a.py"
    source.write_text("# Code generated by a tool. DO NOT EDIT.\ndef f(x):\n    return x\n")
    found = preview_recipe(loaded(path), tmp_path / "run")
    assert found.faults == ["collect: it keeps no row of this input; of 1 rejected most are: generated file."]
    doc = "计算数据列表中每个元素的两倍之和,并返回结果。"
    source.write_text(f'def f(x):\n    """{doc}"""\n    y = x + 1\n    return y\n')
    found = preview_recipe(loaded(path), tmp_path / "run")
    assert not found.faults
    assert step(found, "tasks").notes == (
        "none of them makes a row; most are rejected as: docstring in another language",
    )
