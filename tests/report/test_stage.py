from __future__ import annotations

import json

import pytest

from codetune.errors import DataError, OutputError
from codetune.report.config import ReportConfig
from codetune.report.stage import run
from codetune.store.run_card import read_card

STAGES = ("collect", "tasks", "synth", "curate", "train", "evaluate")


@pytest.fixture
def inputs(whole_run):
    return [whole_run / name for name in STAGES]


def test_it_writes_the_page_and_its_card(inputs, tmp_path, context) -> None:
    card = run(ReportConfig(), inputs, tmp_path / "report", context)
    page = tmp_path / "report" / card.results["path"]
    assert page.name == "report.html"
    assert card.results["bytes"] == page.stat().st_size
    assert read_card(tmp_path / "report") == card
    assert set(card.plan.inputs) == set(STAGES)
    assert sorted(p.name for p in (tmp_path / "report").iterdir()) == ["report.html", "run.json"]


def test_a_rerun_does_nothing(inputs, tmp_path, context) -> None:
    first = run(ReportConfig(), inputs, tmp_path / "report", context)
    written = (tmp_path / "report" / "report.html").stat().st_mtime_ns
    assert run(ReportConfig(), inputs, tmp_path / "report", context) == first
    assert (tmp_path / "report" / "report.html").stat().st_mtime_ns == written


def test_another_config_or_another_result_is_refused(inputs, tmp_path, context) -> None:
    run(ReportConfig(), inputs, tmp_path / "report", context)
    with pytest.raises(OutputError, match="differences"):
        run(ReportConfig(differences=1), inputs, tmp_path / "report", context)
    path = inputs[-1] / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": 99.0}))
    with pytest.raises(OutputError, match="another evaluate"):
        run(ReportConfig(), inputs, tmp_path / "report", context)


def test_results_without_a_run_card_are_refused_and_nothing_is_written(inputs, tmp_path, context) -> None:
    (inputs[-1] / "run.json").unlink()
    with pytest.raises(DataError, match="run card"):
        run(ReportConfig(), inputs, tmp_path / "report", context)
    assert not (tmp_path / "report").exists()


def test_a_damaged_input_leaves_no_page(inputs, tmp_path, context) -> None:
    (inputs[4] / "loss.jsonl").write_text("{")
    with pytest.raises(DataError, match=r"loss\.jsonl, row 1"):
        run(ReportConfig(), inputs, tmp_path / "report", context)
    assert not (tmp_path / "report" / "report.html").exists()
    assert read_card(tmp_path / "report") is None
