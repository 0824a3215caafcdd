"""The shipped mixtures: upstream's counts, and real data through each of their sources."""

from __future__ import annotations

import re

import pytest

from codetune.cli.main import run as run_command
from codetune.mix.mixture_file import load_mixture
from codetune.mix.shipped import find_mixture
from codetune.mix.stage import run
from codetune.records import Instruction
from codetune.sources.registry import SOURCES
from codetune.store.dataset import Dataset
from codetune.tasks.registry import TASKS

MIXTURES = ("comit", "codecapybara", "id_code")


@pytest.mark.parametrize(("name", "parts", "rows"), [("comit", 13, 120_000), ("codecapybara", 3, 53_924), ("id_code", 6, 3_570_068)])  # fmt: skip
def test_counts_are_upstreams(name, parts, rows):
    config = load_mixture(find_mixture(name))
    assert len(config.parts) == parts
    assert sum(part.count for part in config.parts) == rows


def test_comit_has_eight_tasks_in_two_languages():
    config = load_mixture(find_mixture("comit"))
    tasks = {part.task for part in config.parts if part.task}
    assert tasks == {name for name in TASKS if name not in ("edit", "instruction_following")}
    assert {part.language for part in config.parts if part.language} == {"en", "zh"}


@pytest.mark.parametrize("name", MIXTURES)
def test_every_source_is_known(name):
    for part in load_mixture(find_mixture(name)).parts:
        assert part.source is None or part.source in SOURCES


def chinese(texts, language):
    def one(text):
        marks = "".join(re.findall(r"⟦\d+⟧", text))
        return f"返回第 {len(text)} 个结果的值，{'，'.join('结果' for _ in text.split()[:8])}{marks}"

    return [one(text) for text in texts]


def test_comit_from_real_samples(shared_data, tmp_path, context):
    # The samples hold mostly rows that upstream tests with.
    config = load_mixture(
        find_mixture("comit"), data=str(shared_data), scale=0.002, missing="skip", upstream_splits=()
    )
    card = run(config, [], tmp_path / "comit", context, translate=chinese)
    told = card.results["mixture"]
    assert told["missing"] == {}
    for part in told["parts"]:
        assert part["taken"] == part["wanted"], part
    found = {row.task for row in Dataset(tmp_path / "comit", Instruction)}
    assert found == {name for name in TASKS if name not in ("edit", "instruction_following")}
    assert any("forbids commercial use" in text for text in told["warnings"])


def test_comit_takes_no_row_that_upstream_tests_with(shared_data, tmp_path, context):
    config = load_mixture(find_mixture("comit"), data=str(shared_data), scale=0.01, missing="skip")
    card = run(config, [], tmp_path / "comit", context, translate=chinese)
    for folder in (tmp_path / "comit", tmp_path / "comit" / "valid", tmp_path / "comit" / "test"):
        tags = {tag for row in Dataset(folder, Instruction) for tag in row.tags if tag.startswith("split:")}
        assert tags <= {"split:train"}
    clones = next(part for part in card.results["mixture"]["parts"] if part["source"] == "codexglue-clone")
    assert clones["rejected"]["split not wanted"] > 0


@pytest.mark.parametrize(
    ("name", "there", "missing"),
    [
        ("codecapybara", {"codealpaca", "code-contests"}, {"generated"}),
        ("id_code", {"gpteacher", "codealpaca", "codegpt"}, {"instruct-to-code", "godot-dodo", "tssb"}),
    ],
)
def test_the_others_from_real_samples_name_every_shortage(
    shared_data, tmp_path, context, name, there, missing
):
    config = load_mixture(find_mixture(name), data=str(shared_data), scale=0.01, missing="skip")
    told = run(config, [], tmp_path / name, context).results["mixture"]
    assert {part["name"] for part in told["parts"]} == there
    assert set(told["missing"]) == missing
    for part in told["parts"]:
        said = [text for text in told["shortages"] if text.startswith(f"{part['name']}: ")]
        assert len(said) == (part["taken"] < part["wanted"]), part
    assert {text.partition(":")[0] for text in told["shortages"]} >= missing


def test_a_mixtures_name_is_not_the_folder_it_was_written_to(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comit").mkdir()
    (tmp_path / "nothing").mkdir()
    assert run_command(["mix", "comit", "--data", "nothing", "-o", "out"]) == 2
    assert "13 of 13 parts can't be had" in capsys.readouterr().err
