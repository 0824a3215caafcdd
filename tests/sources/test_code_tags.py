"""Rows that a source worded are tagged as they are collected, however they are read."""

from __future__ import annotations

import json

import pytest

from codetune.sources.registry import get_source

CODE = "def add(a, b):\n    return a + b\n"
ROWS = [
    {"instruction": "Add.", "input": "", "output": f"```python\n{CODE}```"},
    {"instruction": "Say hello.", "input": "", "output": "Hello."},
    {"instruction": "Explain.", "input": f"```python\n{CODE}```", "output": "It adds."},
]
TOLD = ("paradigm:procedural", "level:beginner")


@pytest.mark.parametrize("limit", [None, 3])
@pytest.mark.parametrize("quick", [True, False])
def test_code_in_the_answer_or_the_input_is_tagged(tmp_path, collect, monkeypatch, limit, quick):
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    if not quick:
        monkeypatch.setattr(type(get_source("alpaca")), "table", lambda *_: None)
    dataset = collect(source="alpaca", path=str(tmp_path / "rows.json"), limit=limit)
    assert [row.tags for row in dataset] == [TOLD, (), TOLD]
    assert dataset.card.results["tags"]["paradigm"] == {"procedural": 2, "none": 1}


def test_lines_to_complete_in_python_without_indentation_say_so(tmp_path, collect):
    for language in ("py150", "javaCorpus"):
        (tmp_path / language / "line_completion").mkdir(parents=True)
        row = {"input": "<s> x = 1 <EOL>", "gt": "y = 2"}
        (tmp_path / language / "line_completion" / "test.json").write_text(json.dumps(row) + "\n")
    rows = list(collect(source="codexglue-completion", path=str(tmp_path)))
    assert {row.programming_language: "no-indentation" in row.tags for row in rows} == {
        "python": True,
        "java": False,
    }
