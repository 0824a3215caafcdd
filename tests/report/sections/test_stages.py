from __future__ import annotations

import json
import shutil

import pytest
from tests.report.made_run import write_training

from codetune.errors import DataError
from codetune.report.sections.stages import Stages, find_stages


def test_stages_come_in_the_datas_order_whatever_their_folders_are_called(whole_run) -> None:
    (whole_run / "evaluate").rename(whole_run / "00-first")
    stages = find_stages(whole_run)
    assert [s.name for s in stages.all] == ["collect", "tasks", "synth", "curate", "train", "evaluate"]
    assert stages.last("evaluate").folder.name == "00-first"


def test_results_without_a_run_card_are_refused(whole_run) -> None:
    (whole_run / "evaluate" / "run.json").unlink()
    with pytest.raises(DataError, match="run card"):
        Stages([whole_run / "evaluate"])
    assert find_stages(whole_run).last("evaluate") is None


def test_a_begun_stage_is_named_and_not_read(whole_run) -> None:
    (whole_run / "train" / "run.json").rename(whole_run / "train" / "plan.json")
    stages = find_stages(whole_run)
    assert stages.unfinished == ("train",)
    assert stages.last("train") is None


def test_a_damaged_card_is_a_sentence(whole_run) -> None:
    (whole_run / "train" / "run.json").write_text('{"plan": ')
    with pytest.raises(DataError, match=r"can't be read.*train/run\.json"):
        find_stages(whole_run)


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_a_folder_without_stages_is_refused(tmp_path, name) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=name):
        find_stages(tmp_path / name)


def test_the_newest_of_two_stages_is_the_last(tmp_path) -> None:
    for name, started in (("a", "2026-01-02"), ("b", "2026-01-01")):
        folder = write_training(tmp_path / name, 3)
        card = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps({**card, "started": started}))
    assert find_stages(tmp_path).last("train").folder.name == "a"


def test_the_report_itself_is_no_stage_of_the_report(whole_run) -> None:
    shutil.copytree(whole_run / "train", whole_run / "report")
    card = json.loads((whole_run / "report" / "run.json").read_text())
    card["plan"]["stage"] = "report"
    (whole_run / "report" / "run.json").write_text(json.dumps(card))
    assert "report" not in [s.name for s in find_stages(whole_run).all]
