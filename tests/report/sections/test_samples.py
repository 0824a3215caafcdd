from __future__ import annotations

from tests.report.made_run import instruction, plan, write_dataset

from codetune.records import Instruction, Lineage
from codetune.report.sections.samples import draw_samples, is_code
from codetune.report.sections.stages import Stages
from codetune.store.dataset import DatasetWriter, Shard
from codetune.store.stage_output import StageOutput


def stage_of(folder, shards):
    with StageOutput(folder, plan("curate")) as output:
        writer = DatasetWriter(output, Instruction)
        for number, rows in enumerate(shards):
            writer.write(number, Shard(rows))
        writer.finish(title="t", description="d")
    return Stages([folder]).all[0]


def test_the_draw_depends_on_the_seed_and_on_no_order(tmp_path) -> None:
    rows = [instruction(i) for i in range(3_000)]
    forward = stage_of(tmp_path / "a", [rows[:2_500], rows[2_500:]])
    backward = stage_of(tmp_path / "b", [rows[::-1][i::3] for i in range(3)])

    def ids(stage, seed):
        (task,) = draw_samples(stage, 5, seed)
        assert task.total == 3_000
        return [row.id for row in task.rows]

    assert ids(forward, 0) == ids(backward, 0)
    assert len(set(ids(forward, 0))) == 5
    assert ids(forward, 0) != ids(forward, 1)


def test_each_task_has_its_samples_and_total(tmp_path) -> None:
    rows = [instruction(i) for i in range(9)] + [instruction(20, "code_repair"), instruction(21, "own_task")]
    tasks = draw_samples(stage_of(tmp_path / "a", [rows]), 3, 0)
    assert [(t.task, t.total, len(t.rows)) for t in tasks] == [
        ("code_summarization", 9, 3),
        ("code_repair", 1, 1),
        ("own_task", 1, 1),
    ]
    assert all(row.task == t.task for t in tasks for row in t.rows)
    assert tasks[1].rows[0] == rows[9]


def test_no_samples_when_none_are_wanted(tmp_path) -> None:
    tasks = draw_samples(stage_of(tmp_path / "a", [[instruction(1)]]), 0, 0)
    assert [(t.total, t.rows) for t in tasks] == [(1, [])]


def test_an_empty_dataset_has_no_tasks(tmp_path) -> None:
    folder = write_dataset(tmp_path / "a", "curate", Instruction, Shard([]))
    assert draw_samples(Stages([folder]).all[0], 3, 0) == []


def test_which_fields_are_code() -> None:
    assert is_code("code_summarization", "input") and not is_code("code_summarization", "output")
    assert is_code("code_generation", "output") and not is_code("code_generation", "input")
    assert not is_code("own_task", "output")


def test_rows_that_a_model_wrote_stand_apart(tmp_path) -> None:
    found = [instruction(i, lineage=Lineage()) for i in range(4)]
    written = [instruction(i) for i in range(10, 12)]
    tasks = draw_samples(stage_of(tmp_path / "a", [found + written]), 9, 0)
    assert [(t.task, t.generated, t.total) for t in tasks] == [
        ("code_summarization", False, 4),
        ("code_summarization", True, 2),
    ]
    assert {row.id for row in tasks[1].rows} == {row.id for row in written}
