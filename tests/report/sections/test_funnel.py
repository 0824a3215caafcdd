from __future__ import annotations

import json

from tests.report.made_run import instruction, write_dataset, write_training

from codetune.records import Instruction
from codetune.report.sections.funnel import read_funnel
from codetune.report.sections.stages import Stages, find_stages
from codetune.store.dataset import RejectedRow, Shard


def test_the_funnel_adds_up(whole_run) -> None:
    steps = read_funnel(find_stages(whole_run).all)
    assert [(s.stage, s.kept, s.rejected, s.seen) for s in steps] == [
        ("collect", 120, 4, 124),
        ("tasks", 60, 0, 60),
        ("synth", 20, 5, 25),
        ("curate", 67, 13, 80),
    ]
    for step in steps:
        assert sum(entry.rows for entry in step.reasons) == step.rejected
    curate = steps[-1]
    assert [(e.reason, e.rows) for e in curate.reasons] == [
        ("near-duplicate", 9),
        ("does not parse", 3),
        ("overlaps a benchmark", 1),
    ]
    assert curate.reasons[2].examples == ["HumanEval/13"]


def test_steps_beside_one_another_are_told_from_steps_in_a_row(whole_run) -> None:
    steps = {s.stage: s.follows for s in read_funnel(find_stages(whole_run).all)}
    assert steps == {"collect": False, "tasks": True, "synth": False, "curate": True}


def test_checks_inside_a_stage_are_counted_apart(tmp_path) -> None:
    rejects = [
        RejectedRow(row=instruction(i), stage=stage, reason="too long", detail="d" * 500)
        for i, stage in enumerate(["curate.tokens", "curate.tokens", "curate.lines"])
    ]
    folder = write_dataset(tmp_path / "c", "curate", Instruction, Shard([], rejects))
    (step,) = read_funnel(Stages([folder]).all)
    assert [(e.check, e.rows) for e in step.reasons] == [("curate.tokens", 2), ("curate.lines", 1)]
    assert len(step.reasons[0].examples[0]) == 200


def test_a_card_without_counts_is_not_zero(tmp_path) -> None:
    folder = write_dataset(tmp_path / "c", "curate", Instruction, Shard([]))
    card = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**card, "counts": {}}))
    (step,) = read_funnel(Stages([folder]).all)
    assert (step.kept, step.rejected, step.seen) == (None, None, None)


def test_rows_refused_by_training_are_in_the_funnel(tmp_path) -> None:
    folder = write_training(tmp_path / "t", 3)
    card = json.loads((folder / "run.json").read_text())
    card["counts"] = {"rows": 90, "held_out": 8, "rejected": 2}
    (folder / "run.json").write_text(json.dumps(card))
    (step,) = read_funnel(Stages([folder]).all)
    assert (step.kept, step.rejected, step.unit) == (98, 2, "rows")


def test_rows_left_by_a_limit_are_neither_kept_nor_refused(tmp_path) -> None:
    folder = write_dataset(tmp_path / "c", "collect", Instruction, Shard([instruction(i) for i in range(6)]))
    card = json.loads((folder / "run.json").read_text())
    card["counts"] = {"kept": 6, "rejected": 4, "found": 90}
    (folder / "run.json").write_text(json.dumps(card))
    (step,) = read_funnel(Stages([folder]).all)
    assert (step.kept, step.rejected, step.undrawn, step.seen) == (6, 4, 84, 94)
