from __future__ import annotations

import json

import pytest
from tests.report.made_run import plan, write_training

from codetune.errors import DataError
from codetune.report.sections.stages import Stages
from codetune.report.sections.training import read_training
from codetune.store.stage_output import StageOutput
from codetune.train.loss_log import LossLog, StepLine


def line(step, loss):
    return StepLine(
        step=step, loss=loss, learning_rate=1e-4, grad_norm=1.0, rows=8, tokens=800, trained_tokens=400,
        seconds=1.5, elapsed_seconds=1.5 * step,
    )  # fmt: skip


def trained(folder, lines, **results):
    with StageOutput(folder, plan("train")) as output, LossLog(folder / "loss.jsonl") as log:
        for entry in lines:
            log.append(entry)
        output.finish(output_hash="0", results=results)
    return Stages([folder]).all[0]


def test_it_reads_what_training_writes(tmp_path) -> None:
    training = read_training(trained(tmp_path / "t", [line(1, 2.5), line(2, 2.25)], steps=2))
    assert training.points == [
        {"step": 1, "loss": 2.5, "lr": 1e-4, "seconds": 1.5},
        {"step": 2, "loss": 2.25, "lr": 1e-4, "seconds": 3.0},
    ]
    assert (training.steps, training.measured, training.averaged_over) == (2, 2, 1)


def test_a_long_training_is_thinned_by_averages(tmp_path) -> None:
    training = read_training(trained(tmp_path / "t", [line(i, float(i % 2)) for i in range(1, 5_001)]))
    assert training.measured == training.steps == 5_000
    assert training.averaged_over == 9
    assert len(training.points) == 556
    assert training.points[0]["loss"] == pytest.approx(5 / 9)
    assert training.points[-1]["step"] == 5_000


def test_a_step_logged_twice_counts_once(tmp_path) -> None:
    training = read_training(trained(tmp_path / "t", [line(1, 3.0), line(2, 9.0), line(2, 2.0)]))
    assert [p["loss"] for p in training.points] == [3.0, 2.0]


def test_a_loss_that_is_no_number_is_no_point(tmp_path) -> None:
    training = read_training(trained(tmp_path / "t", [line(1, 3.0), line(2, float("nan")), line(3, 2.0)]))
    assert [p["step"] for p in training.points] == [1, 3]


def test_zero_steps_are_zero_and_no_steps_are_unknown(tmp_path) -> None:
    assert read_training(trained(tmp_path / "a", [], steps=0)).steps == 0
    assert read_training(trained(tmp_path / "b", [])).steps is None
    assert read_training(None) is None


def test_a_damaged_curve_is_a_sentence_with_its_row(tmp_path) -> None:
    folder = write_training(tmp_path / "t", 2)
    with (folder / "loss.jsonl").open("a") as stream:
        stream.write(json.dumps({"step": 3})[:4])
    with pytest.raises(DataError, match=r"loss\.jsonl, row 3"):
        read_training(Stages([folder]).all[0])
