"""Rows of one's own: mapped fields, nested ones, tables, tests that are kept, and what is wrong with a mapping."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codetune.cli.main import run as run_command
from codetune.errors import ConfigError, DataError
from codetune.sources.instruction_sets.generic import value_at
from codetune.store.dataset import Dataset

ROWS = [
    {
        "q": {"text": f"Write f{n}."},
        "answers": [{"code": f"def f{n}(): return {n}"}],
        "tests": [f"assert f{n}() == {n}", "assert True"],
        "lang": "Python3",
        "id": f"p{n}",
    }
    for n in range(3)
]
MAP = {
    "instruction": "q.text", "output": "answers.0.code", "tests": "tests", "programming_language": "lang",
    "upstream_id": "id", "license": "=MIT",
}  # fmt: skip


def expected(dataset: Dataset) -> None:
    assert [(row.instruction, row.output, row.tests) for row in dataset] == [
        (f"Write f{n}.", f"def f{n}(): return {n}", f"assert f{n}() == {n}\nassert True") for n in range(3)
    ]
    assert {(row.programming_language, row.license, row.task) for row in dataset} == {
        ("python", "MIT", "instruction_following")
    }
    assert [row.lineage.upstream_id for row in dataset] == ["p0", "p1", "p2"]


@pytest.mark.parametrize("ending", ["json", "jsonl", "parquet"])
def test_nested_fields_of_every_format(tmp_path, collect, ending):
    path = tmp_path / f"rows.{ending}"
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    else:
        path.write_text(json.dumps(ROWS) if ending == "json" else "".join(json.dumps(r) + "\n" for r in ROWS))
    expected(collect(source="generic", path=str(path), map=MAP))


@pytest.mark.parametrize(("ending", "mark"), [("csv", ","), ("tsv", "\t")])
def test_tables(tmp_path, collect, ending, mark):
    lines = [
        mark.join(("title", "code")),
        mark.join(("Say hi", '"print(""hi"")\nprint(1)"')),
        mark.join(("Empty", "")),
    ]
    (tmp_path / f"rows.{ending}").write_text("\ufeff" + "\r\n".join(lines) + "\r\n")
    dataset = collect(
        source="generic",
        path=str(tmp_path),
        map={"instruction": "title", "output": "code", "task": "=code_generation"},
    )
    assert [(row.instruction, row.output, row.task) for row in dataset] == [
        ("Say hi", 'print("hi")\nprint(1)', "code_generation")
    ]
    assert [(r["reason"], r["detail"]) for r in dataset.rejects()] == [
        ("empty field", f"rows.{ending}, row 2: code")
    ]


def test_a_table_that_breaks_keeps_what_came_before(tmp_path, collect):
    (tmp_path / "rows.csv").write_text('q,a\none,1\ntwo,"2" x\nthree,3\n')
    dataset = collect(
        source="generic", path=str(tmp_path / "rows.csv"), map={"instruction": "q", "output": "a"}
    )
    assert [row.instruction for row in dataset] == ["one"]
    assert [r["reason"] for r in dataset.rejects()] == ["not CSV"]


def test_values_by_path():
    row = {"a": {"b": [1, {"c": "x"}]}, "a.b": "whole name"}
    assert value_at(row, "a.b") == "whole name"
    assert value_at({"a": {"b": [1, {"c": "x"}]}}, "a.b.1.c") == "x"
    assert value_at(row, "a.b.9.c") is None
    assert value_at(row, "=python") == "python"


@pytest.mark.parametrize(
    ("mapping", "error", "says"),
    [
        ({"instruction": "q.text"}, ConfigError, "the mapping has no output"),
        ({"instruction": "q.text", "output": "a", "colour": "b"}, ConfigError, "'colour' is nothing that can be mapped"),
        ({"instruction": "question", "output": "id"}, DataError, "no row has the field 'question'.*its rows have: answers, id"),
    ],
)  # fmt: skip
def test_a_mapping_that_can_not_work_is_one_sentence(tmp_path, collect, mapping, error, says):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(ROWS))
    with pytest.raises(error, match=says):
        collect(source="generic", path=str(path), map=mapping, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_rows_without_the_field_and_other_types_are_rejected(tmp_path, collect):
    rows = [{"q": "a", "a": "b"}, {"q": "a"}, {"q": {"x": 1}, "a": "b"}, {"q": 7, "a": 8}]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    dataset = collect(
        source="generic", path=str(tmp_path / "rows.json"), map={"instruction": "q", "output": "a"}
    )
    assert [row.output for row in dataset] == ["b", "8"]
    assert [r["reason"] for r in dataset.rejects()] == ["missing field", "wrong type"]


def test_the_command(tmp_path, capsys):
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    words = ["collect", "generic", str(tmp_path / "rows.json"), "-o", str(tmp_path / "out")]
    for target, field in MAP.items():
        words += ["--map", f"{target}={field}"]
    assert run_command(words) == 0
    expected(Dataset(tmp_path / "out"))
    assert run_command([*words[:3], "-o", str(tmp_path / "other"), "--map", "instruction"]) == 2
    assert "is not of the form TARGET=FIELD" in capsys.readouterr().err


def test_rows_with_more_fields_than_the_header_and_unknown_tasks_are_rejected(tmp_path, collect):
    path = tmp_path / "rows.csv"
    path.write_text("a,b,t\nask,answer,code_repair\nask,an,swer,code_repair\nask,answer,chess\n")
    mapping = {"instruction": "a", "output": "b", "task": "t"}
    dataset = collect(source="generic", path=str(path), map=mapping)
    assert [row.task for row in dataset] == ["code_repair"]
    assert sorted(row["reason"] for row in dataset.rejects()) == ["too many fields", "unknown task"]
    with pytest.raises(ConfigError, match="there is no task 'code_repare'; did you mean code_repair"):
        collect(source="generic", path=str(path), map={**mapping, "task": "=code_repare"})


def test_a_file_whose_rows_stand_in_a_field_is_told_so(tmp_path, collect):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"version": 1, "data": ROWS}))
    with pytest.raises(DataError, match="the rows stand in the file's field 'data'"):
        collect(source="generic", path=str(path), map=MAP)


def test_a_target_is_mapped_once(tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\nask,answer\n")
    mapping = ["--map", "instruction=a", "--map", "output=b", "--map", "output=a"]
    assert run_command(["collect", "generic", str(path), *mapping, "-o", str(tmp_path / "out")]) == 2
    assert "--map gives output twice" in " ".join(capsys.readouterr().err.split())
