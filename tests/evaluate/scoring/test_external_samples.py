"""Other people's files of samples, good and broken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from codetune.errors import DataError
from codetune.evaluate.scoring.external_samples import read_continuation, read_samples, read_solution
from codetune.records import Problem

PROBLEMS = [
    Problem(
        benchmark="two",
        task_id=f"T/{n}",
        prompt=f"def f{n}():\n",
        tests=f"assert f{n}() == {n}\n",
        entry_point=f"f{n}",
        canonical_solution=f"    return {n}\n",
    )
    for n in range(2)
]


def _write(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "samples.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_samples_are_numbered_by_problem(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        {"task_id": "T/1", "completion": "a"},
        {"task_id": "T/0", "completion": "b"},
        {"task_id": "T/1", "completion": None},
    )
    kind, pairs = read_samples(path, PROBLEMS)
    assert kind == "continuation"
    assert [(c.task_id, c.sample, c.text) for _, c in pairs] == [
        ("T/1", 0, "a"), ("T/0", 0, "b"), ("T/1", 1, ""),
    ]  # fmt: skip


def test_evalplus_gzip_and_bigcode(tmp_path: Path) -> None:
    row = {"task_id": "T/0", "solution": "def f0(): return 0"}
    packed = tmp_path / "samples.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(row).encode()))
    kind, pairs = read_samples(packed, PROBLEMS)
    assert kind == "solution"
    assert [c.text for _, c in pairs] == [row["solution"]]
    lists = tmp_path / "generations.json"
    lists.write_text(json.dumps([["a", "b"], ["c"]]), "utf-8")
    kind, pairs = read_samples(lists, PROBLEMS)
    assert kind == "solution"
    assert [(c.task_id, c.sample) for _, c in pairs] == [("T/0", 0), ("T/0", 1), ("T/1", 0)]


@pytest.mark.parametrize(
    ("raw", "where", "what"),
    [
        (b"", "samples", "empty"),
        (b'{"task_id": "T/0", "completion": "x"}\n{"task_id": "T/9", "completion": "x"}', "row 2", "T/9"),
        (b'{"task_id": "T/0", "completion": "x"}\n{"task_id": ["T/0"], "completion": "x"}', "row 2", "T/0"),
        (b'{"task_id": "T/0", "completion": 3}', "row 1", "has to be text"),
        (b'{"task_id": "T/0", "completion": "x"}\n\xff\xfe', "row 2", "not UTF-8"),
        (b'{"task_id": "T/0", "comple', "row 1", "not valid JSON"),
        (b'"text"', "row 1", "no JSON object"),
        (b'{"task_id": "T/0"}', "row 1", "completion"),
        (b'[["a"]]', "samples", "1 lists"),
        (b"\x1f\x8bbroken", "samples", "cut short"),
    ],
)
def test_broken_files_are_named_with_their_row(tmp_path: Path, raw: bytes, where: str, what: str) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_bytes(raw)
    with pytest.raises(DataError, match=what) as caught:
        list(read_samples(path, PROBLEMS)[1])
    assert where in str(caught.value)


def test_readings_keep_the_text_and_call_nothing_code_that_is_empty() -> None:
    text = "    return 0\n"
    assert read_continuation(PROBLEMS[0], text, False).code == "def f0():\n    return 0\n"
    assert read_continuation(PROBLEMS[0], " \n", False).extractor == "none"
    fenced = "Sure:\n```python\ndef f0(): return 0\n```\n"
    assert read_solution(PROBLEMS[0], fenced, False).code == fenced
    assert read_solution(PROBLEMS[0], fenced, True).code == "def f0(): return 0\n"
