"""The variants of an ablation: every combination, checked, with a sentence for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.errors import ConfigError
from codetune.recipes.ablation import Variant, parse_seeds, plan_variants
from codetune.recipes.stages import STAGES

RECIPE = """
name: small
stages:
  - {name: snippets, stage: collect, with: {path: stdlib}}
  - {name: rows, stage: tasks, from: [snippets], with: {tasks: [code_summarization]}}
  - {name: clean, stage: curate, from: [rows], with: {near_duplicate_jaccard: 0.7}}
  - {name: train, stage: train, from: [clean]}
  - {name: evaluate, stage: evaluate, from: [train]}
"""
KINDS = {name: kind.settings for name, kind in STAGES.items()}


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(RECIPE)
    return path


def names(variants: list[Variant]) -> list[str]:
    return [variant.name for variant in variants]


def test_the_recipe_as_it_is_comes_first_and_is_not_repeated(recipe: Path) -> None:
    planned = plan_variants(recipe, KINDS, ["clean.near_duplicate_jaccard=0.6,0.70,null"])
    assert names(planned) == [
        "recipe", "clean.near_duplicate_jaccard=0.6", "clean.near_duplicate_jaccard=null",
    ]  # fmt: skip
    assert [v.recipe.steps[2].settings.near_duplicate_jaccard for v in planned] == [0.7, 0.6, None]


def test_two_settings_are_a_grid(recipe: Path) -> None:
    vary = ["clean.exact=true,false", "rows.tasks=[code_summarization],[code_generation,code_completion]"]
    planned = plan_variants(recipe, KINDS, vary)
    assert len(planned) == 4
    assert planned[-1].changes == {
        "clean.exact": False, "rows.tasks": ["code_generation", "code_completion"],
    }  # fmt: skip
    folders = {variant.folder_name for variant in planned}
    assert len(folders) == 4 and not any(set(name) & set(" ,[]/") for name in folders)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        (["claen.exact=true,false"], "no stage 'claen' (--vary claen.exact); did you mean 'clean'?"),
        (["clean.exat=true,false"], "unknown key 'exat' (--vary clean.exat); did you mean 'exact'?"),
        (["clean=1,2"], "names no setting"),
        (["clean.exact=true,maybe"], "exact has to be true or false, not 'maybe' (--vary clean.exact)"),
        (["clean.near_duplicate_jaccard=0.6,2"], "has to be at most 1, not 2"),
        (["clean.near_duplicate_jaccard=0.6,0.6"], "the values hold 0.6 twice"),
        (["train.epochs=1,1.0"], "the values hold 1 and 1.0, which are the same"),
        (["clean.exact=true"], "one value alone can't be compared"),
        (["clean.exact="], "there are no values"),
        (["clean.exact"], "is not of the form STEP.SETTING=VALUE,VALUE"),
        (["clean.exact=[true,false"], "is not a list of values in YAML"),
        (["train.epochs=1,2", "train.epochs=3,4"], "the setting is varied twice"),
        (
            ["train.epochs=1,2,3,4,5", "train.lora_r=1,2,4,8,16"],
            "25 variants with 1 seed make 25 runs",
        ),
        ([], "nothing is varied"),
    ],
)
def test_what_is_wrong_is_said(recipe: Path, vary: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        plan_variants(recipe, KINDS, vary)
    assert message in str(raised.value)


def test_without_an_evaluate_step_there_is_nothing_to_compare(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text("stages:\n  - {stage: collect, with: {path: stdlib}}\n")
    with pytest.raises(ConfigError, match="has no evaluate step"):
        plan_variants(path, KINDS, ["collect.limit=1,2"])


def test_seeds_are_whole_numbers_and_stand_once() -> None:
    assert parse_seeds("0, 1,7") == (0, 1, 7)
    for text, message in (("0,x", "whole numbers"), ("", "whole numbers"), ("1,1", "stands twice")):
        with pytest.raises(ConfigError, match=message):
            parse_seeds(text)
