"""Recipes: checked whole, every fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from codetune.config.settings import Settings
from codetune.errors import ConfigError
from codetune.recipes.recipe import load_recipe
from codetune.recipes.stages import STAGES


class Gather(Settings):
    path: str
    limit: int = Field(10, ge=1)


class Tune(Settings):
    max_steps: int = 5
    rate: float = 1e-4


KINDS: dict[str, type[Settings]] = {"gather": Gather, "tune": Tune}

GOOD = """\
name: mine
seed: 7
stages:
  - name: code
    stage: gather
    with: {path: src}
  - name: model
    stage: tune
    from: [code]
variants:
  fast:
    model.max_steps: 1
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(text)
    return path


def fault(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_recipe(write(tmp_path, text), KINDS)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_good_recipe(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, GOOD), KINDS)
    assert (recipe.name, recipe.seed) == ("mine", 7)
    assert [step.name for step in recipe.steps] == ["code", "model"]
    assert recipe.steps[1].sources == ("code",)
    assert recipe.steps[0].settings == Gather(path="src")


def test_what_it_prints_loads_back_to_the_same(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path, GOOD), KINDS)
    again = load_recipe(write(tmp_path, recipe.to_yaml()), KINDS)
    assert again == recipe


def test_overrides_win_over_the_variant_and_the_variant_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert load_recipe(path, KINDS, variant="fast").steps[1].settings == Tune(max_steps=1)
    both = load_recipe(path, KINDS, variant="fast", overrides=["model.max_steps=3", "model.rate=0.5"], seed=9)
    assert both.steps[1].settings == Tune(max_steps=3, rate=0.5)
    assert both.seed == 9


def test_all_faults_at_once_with_their_lines(tmp_path: Path) -> None:
    text = GOOD.replace("{path: src}", "{pth: src, limit: 0}").replace(
        "    from: [code]", "    from: [cod]\n    with: {max_step: 3}"
    )
    message = fault(tmp_path, text)
    assert "5 faults" in message
    assert "line 6: unknown key 'pth'; did you mean 'path'?" in message
    assert "line 6: the key 'path' is missing" in message
    assert "line 6: limit has to be at least 1, not 0" in message
    assert "line 9: model reads 'cod', which no earlier stage is named; did you mean 'code'?" in message
    assert "line 10: unknown key 'max_step'; did you mean 'max_steps'?" in message


def test_faults_at_the_top_and_in_the_stages_come_together(tmp_path: Path) -> None:
    text = (
        GOOD.replace("seed: 7", "sed: 7")
        .replace("from: [code]", "form: [code]")
        .replace("src", "src, limit: 0")
    )
    message = fault(tmp_path, text)
    assert "3 faults" in message
    for line in ("line 2: unknown key 'sed'", "line 6: limit has to be", "line 9: unknown key 'form'"):
        assert line in message


def test_a_stage_named_twice(tmp_path: Path) -> None:
    message = fault(tmp_path, GOOD.replace("name: model", "name: code"))
    assert "the stage 'code' is named twice (first in line 4)" in message
    assert "line 7" in message


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    assert "the key 'seed' stands twice (" in fault(tmp_path, GOOD.replace("seed: 7", "seed: 7\nseed: 8"))


def test_an_unknown_stage(tmp_path: Path) -> None:
    message = fault(tmp_path, GOOD.replace("stage: tune", "stage: tun"))
    assert "there is no stage 'tun' (" in message
    assert message.endswith("line 8); did you mean 'tune'?")


def test_an_unknown_key_at_the_top(tmp_path: Path) -> None:
    message = fault(tmp_path, GOOD.replace("seed: 7", "sed: 7"))
    assert message.startswith("unknown key 'sed' (") and message.endswith("line 2); did you mean 'seed'?")


@pytest.mark.parametrize("text", ["", "[]", "stages: []", "stages: 3", "just words", "stages: [3]"])
def test_what_is_no_recipe(tmp_path: Path, text: str) -> None:
    assert "line 1" in fault(tmp_path, text)


def test_what_is_no_yaml_names_the_line(tmp_path: Path) -> None:
    assert "not valid YAML" in fault(tmp_path, "name: x\nstages: [a\n")
    assert "line" in fault(tmp_path, "name: x\nstages: [a\n")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_recipe(tmp_path / "absent.yaml", KINDS)
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_recipe(tmp_path / "latin.yaml", KINDS)


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("max_steps=3", "no stage 'max_steps'"),
        ("modle.max_steps=3", "did you mean 'model'"),
        ("model.max_steps", "not of the form"),
        ("model.max_step=3", "did you mean 'max_steps'"),
        ("model.max_steps=[", "not a value in YAML"),
    ],
)
def test_wrong_overrides(tmp_path: Path, assignment: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_recipe(write(tmp_path, GOOD), KINDS, overrides=[assignment])


def test_an_unknown_variant(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'fast'"):
        load_recipe(write(tmp_path, GOOD), KINDS, variant="fats")


def test_a_training_knows_what_its_model_will_be_asked(tmp_path: Path) -> None:
    text = """
stages:
  - {stage: train}
  - {name: other, stage: train, with: {benchmarks: []}}
  - {name: third, stage: train}
  - {stage: evaluate, from: [train], with: {benchmarks: [mbpp, "task:edit"]}}
  - {name: again, stage: evaluate, from: [train], with: {benchmarks: [humaneval, mbpp]}}
  - {name: others, stage: evaluate, from: [other]}
"""
    recipe = load_recipe(write(tmp_path, text), {name: kind.settings for name, kind in STAGES.items()})
    asked = {step.name: getattr(step.settings, "benchmarks", None) for step in recipe.steps}
    assert asked["train"] == ("mbpp", "humaneval")
    assert asked["other"] == asked["third"] == ()
