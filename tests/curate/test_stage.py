"""The curate stage: what is kept, what is rejected and why, and what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.curate import stage
from codetune.curate.config import CurateConfig
from codetune.engine.local import LocalEngine
from codetune.errors import DataError
from codetune.records import Instruction, Problem, Snippet
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset, DatasetWriter, Shard
from codetune.store.run_card import Plan, RunCard
from codetune.store.stage_output import StageOutput

ITEM = Problem(
    benchmark="boxes",
    task_id="boxes/1",
    prompt="Write a function that counts how many of the given boxes fit into the larger box at once.\n",
    tests="assert fit([1], 2) == 1",
)
WORDS = [f"word{n}" for n in range(60)]


def written(folder: Path, *parts: list, kind: type = Instruction) -> Path:
    with StageOutput(folder, Plan(stage="test", config={}, inputs={}, code="")) as output:
        writer = DatasetWriter(output, kind)
        for number, part in enumerate(parts):
            writer.write(number, Shard(part))
        writer.finish(title="t", description="d")
    return folder


def row(
    name: str, output: str | None = None, *, source: str = "s", task: str = "code_generation"
) -> Instruction:
    code = f"def {name}(x):\n    return x + {len(name)}\n" if output is None else output
    return Instruction(
        task=task, instruction=f"Write {name}.", output=code, programming_language="python", source=source
    )


def long_row(number: int, changed: int = 0, source: str = "s") -> Instruction:
    """A row of some sixty words; `changed` of them differ from the row of the same number."""
    text = [f"{number}-{word}" for word in WORDS]
    text[:changed] = [f"other{n}" for n in range(changed)]
    return row(f"f{number}", f"def f{number}():\n    return '{' '.join(text)}'\n", source=source)


@pytest.fixture
def curate(tmp_path):
    def do(inputs: list[Path], name: str = "out", *, workers: int = 1, **settings: object) -> RunCard:
        with LocalEngine(workers) as engine:
            context = StageContext(cache=tmp_path / "cache", engine=engine, seed=0)
            config = CurateConfig.model_validate({"decontaminate": ["boxes"], **settings})
            return stage.run(config, inputs, tmp_path / name, context, problems=lambda _: [ITEM])

    return do


@pytest.fixture
def inputs(tmp_path):
    token = "ghp_" + "Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7j"
    first = written(
        tmp_path / "first",
        [row("good"), row("broken", "def broken(:\n"), row("secret", f"t = '{token}'\n")],
        [long_row(1), row("boxes", ITEM.prompt, task="code_summarization")],
    )
    second = written(
        tmp_path / "second",
        [row("good", "def good(x):\n\n    return x + 4"), row("better")],
        [long_row(1, changed=4), long_row(2)],
    )
    return [first, second]


def test_each_row_is_kept_or_rejected_with_its_reason(curate, inputs, tmp_path):
    card = curate(inputs)
    assert card.counts == {"kept": 4, "rejected": 5, "checked": 9}
    assert card.rejects == {
        "does not parse": 1, "exact duplicate": 1, "near duplicate": 1, "overlaps a benchmark": 1, "secret": 1,
    }  # fmt: skip
    kept = list(Dataset(tmp_path / "out", Instruction))
    assert kept == [row("good"), long_row(1), row("better"), long_row(2)]
    details = {reject["reason"]: reject["detail"] for reject in Dataset(tmp_path / "out").rejects()}
    assert details["exact duplicate"] == f"of {row('good').id}"
    assert details["near duplicate"].startswith(f"of {long_row(1).id}, Jaccard 0.")


def test_part_i_is_part_i_of_the_inputs_in_a_row(curate, inputs, tmp_path):
    curate(inputs)
    dataset = Dataset(tmp_path / "out", Instruction)
    found = [[r.instruction for r in dataset.read_part(part)] for part in dataset.parts()]
    assert found == [["Write good."], ["Write f1."], ["Write better."], ["Write f2."]]
    rejects = sorted((tmp_path / "out" / "rejects").iterdir())
    assert len(rejects) == 4


def test_workers_change_no_byte(curate, inputs, tmp_path):
    one, two = curate(inputs, "one"), curate(inputs, "two", workers=2)
    assert one.output_hash == two.output_hash
    assert not (tmp_path / "two" / ".compare").exists()


def test_each_row_is_decoded_once(curate, inputs, monkeypatch):
    decoded = []
    read = stage.read_rows

    def counted(path, kind):
        for one in read(path, kind):
            decoded.append(one.id)
            yield one

    monkeypatch.setattr(stage, "read_rows", counted)
    curate(inputs)
    assert len(decoded) == 9


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"exact": False, "near_duplicate_jaccard": None}, 6),
        ({"exact": False}, 4),  # rows that are equal are near, too
        ({"near_duplicate_jaccard": None}, 5),
        ({"syntax": False, "secrets": False, "decontaminate": []}, 7),
    ],
)
def test_a_check_that_is_switched_off_rejects_nothing(curate, inputs, settings, kept):
    assert curate(inputs, **settings).counts["kept"] == kept


def test_rows_of_different_tasks_are_no_near_duplicates(curate, tmp_path):
    other = Instruction(
        task="code_repair", instruction="Write f1.", output=long_row(1).output, programming_language="python", source="s"
    )  # fmt: skip
    folder = written(tmp_path / "rows", [long_row(1), other])
    assert curate([folder], exact=False).counts["kept"] == 2


def test_a_source_that_would_be_wiped_out_stops_the_run(curate, tmp_path):
    rows = [long_row(1, changed=0, source="boilerplate")]
    rows += [long_row(1, source="boilerplate") for _ in range(120)]
    folder = written(tmp_path / "rows", rows)
    with pytest.raises(
        DataError, match="would reject 120 of 121 code_generation rows of boilerplate"
    ) as error:
        curate([folder], exact=False)
    assert error.value.exit_code == 2
    assert not (tmp_path / "out" / "run.json").exists()
    assert curate([folder], "other", exact=False, max_rejected_fraction=1.0).counts["kept"] == 1


def test_the_order_of_the_inputs_decides_which_duplicate_stays(curate, inputs, tmp_path):
    curate(inputs[::-1])
    kept = [one.output for one in Dataset(tmp_path / "out", Instruction)]
    assert "def good(x):\n\n    return x + 4" in kept
    assert long_row(1).output not in kept


def test_a_finished_run_is_not_done_again(curate, inputs, monkeypatch):
    card = curate(inputs)
    monkeypatch.setattr(stage, "_check_part", None)
    assert curate(inputs) == card


def test_an_empty_dataset_and_one_of_other_rows(curate, tmp_path):
    empty = written(tmp_path / "empty", [])
    assert curate([empty]).counts == {"kept": 0, "rejected": 0, "checked": 0}
    snippets = written(
        tmp_path / "snippets", [Snippet(code="x", programming_language="python", source="s")], kind=Snippet
    )
    with pytest.raises(DataError, match="holds Snippet rows where Instruction rows are needed"):
        curate([snippets], "other")
