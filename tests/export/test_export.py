"""Exports: every format in every file form, read back by the readers they are meant for."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from codetune.cli.main import run as run_command
from codetune.errors import ConfigError, DataError, OutputError
from codetune.export.formats import FORMATS, get_format
from codetune.export.write import export_dataset
from codetune.records import Conversation, Edit, Instruction, Message, Revision
from codetune.store.dataset import Dataset, DatasetWriter, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput
from codetune.text.conversation import user_text


def read(path: Path) -> list[dict]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    return json.loads(path.read_bytes())


def expected(name: str, row: Instruction) -> dict:
    user = user_text(row.instruction, row.input)
    return {
        "comit": {"instruction": row.instruction, "input": row.input, "output": row.output},
        "alpaca": {"instruction": row.instruction, "input": row.input, "output": row.output},
        "completion": {"prompt": user, "completion": row.output},
        "messages": {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": row.output}]},
        "sharegpt": {"conversations": [{"from": "human", "value": user}, {"from": "gpt", "value": row.output}]},
    }[name]  # fmt: skip


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".parquet"])
@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if Instruction in form.reads])
def test_each_format_in_each_form(dataset, tmp_path, name, suffix):
    rows = list(Dataset(dataset, Instruction))
    output = tmp_path / "out" / f"rows{suffix}"
    exported = export_dataset(dataset, output, get_format(name))
    assert read(output) == [expected(name, row) for row in rows]
    assert exported.rows == 3
    assert exported.licenses == {"MIT": 2, "unknown": 1}
    assert {path.name for path in output.parent.iterdir()} == {Path(file).name for file in exported.files}


def test_comit_has_a_file_for_each_task_and_one_for_all(dataset, tmp_path):
    exported = export_dataset(dataset, tmp_path / "comit.json", get_format("comit"))
    assert exported.files == {
        str(tmp_path / "comit.json"): 3,
        str(tmp_path / "comit.code_generation.json"): 1,
        str(tmp_path / "comit.code_repair.json"): 2,
    }
    assert len(read(tmp_path / "comit.code_repair.json")) == 2


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".parquet"])
def test_equal_datasets_give_equal_bytes(dataset, tmp_path, suffix):
    for name in ("a", "b"):
        export_dataset(dataset, tmp_path / f"{name}{suffix}", get_format("messages"))
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_columns_can_be_carried_along(dataset, tmp_path):
    export_dataset(dataset, tmp_path / "a.parquet", get_format("messages"), keep=["id", "license", "lineage"])
    rows = read(tmp_path / "a.parquet")
    assert [row["id"] for row in rows] == [row.id for row in Dataset(dataset, Instruction)]
    assert rows[0]["lineage"]["parents"] == []
    with pytest.raises(ConfigError, match="no column 'colour' to keep"):
        export_dataset(dataset, tmp_path / "b.json", get_format("messages"), keep=["colour"])
    assert not (tmp_path / "b.json").exists()


def test_a_file_that_is_there_is_not_lost(dataset, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text("precious")
    with pytest.raises(OutputError, match="is there already"):
        export_dataset(dataset, path, get_format("alpaca"))
    assert path.read_text() == "precious"
    export_dataset(dataset, path, get_format("alpaca"), overwrite=True)
    assert len(read(path)) == 3


def test_nothing_half_written_when_a_row_fails(dataset, tmp_path, monkeypatch):
    form = get_format("alpaca")
    seen = []

    def break_at_second(record, edits):
        seen.append(record)
        if len(seen) == 2:
            raise RuntimeError("stop")
        return {"instruction": "", "input": "", "output": ""}

    broken = type(form)(form.name, form.holds, break_at_second, form.reads)
    (tmp_path / "keep.json").write_text("old")
    with pytest.raises(RuntimeError, match="stop"):
        export_dataset(dataset, tmp_path / "keep.json", broken, overwrite=True)
    assert (tmp_path / "keep.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def other_dataset(folder: Path, kind: type, rows: list) -> Path:
    with StageOutput(folder, Plan(stage="t", config={}, inputs={}, code="")) as output:
        writer = DatasetWriter(output, kind)
        writer.write(0, Shard(rows))
        writer.finish(title="t", description="d")
    return folder


def test_conversations_keep_their_system_turn(tmp_path):
    turns = (
        Message(role="system", content="S"),
        Message(role="user", content="U"),
        Message(role="assistant", content="A"),
    )
    folder = other_dataset(tmp_path / "c", Conversation, [Conversation(messages=turns, row_id="r", source="s")])  # fmt: skip
    export_dataset(folder, tmp_path / "c.json", get_format("sharegpt"))
    assert [turn["from"] for turn in read(tmp_path / "c.json")[0]["conversations"]] == [
        "system",
        "human",
        "gpt",
    ]
    with pytest.raises(DataError, match="needs Instruction rows, the dataset holds Conversation"):
        export_dataset(folder, tmp_path / "d.json", get_format("alpaca"))


def test_what_can_not_be_exported(dataset, tmp_path):
    edits = other_dataset(tmp_path / "e", Edit, [Edit(current=Revision(code="a"), next="b", source="s")])
    with pytest.raises(DataError, match="the dataset holds Edit"):
        export_dataset(edits, tmp_path / "e.json", get_format("alpaca"))
    empty = other_dataset(tmp_path / "none", Instruction, [])
    with pytest.raises(DataError, match="no rows to export"):
        export_dataset(empty, tmp_path / "n.json", get_format("messages"))
    with pytest.raises(ConfigError, match=r"rows\.txt does not say what to write.*\.jsonl"):
        export_dataset(dataset, tmp_path / "rows.txt", get_format("messages"))
    with pytest.raises(ConfigError, match="did you mean sharegpt"):
        get_format("sharegtp")


def test_command_line(dataset, tmp_path, capsys):
    out = tmp_path / "m.jsonl"
    assert run_command(["export", str(dataset), "-o", str(out), "--format", "messages", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 3
    assert run_command(["export", str(dataset), "-o", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert run_command(["export", str(tmp_path / "nowhere"), "-o", str(tmp_path / "x.json")]) == 2
    assert "dataset directory" in capsys.readouterr().err
