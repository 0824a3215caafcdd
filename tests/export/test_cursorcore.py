"""Programming-Instruct's files in, edits and histories between, the same files out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.export.conftest import write_dataset

from codetune.errors import ConfigError
from codetune.export.formats import get_format
from codetune.export.write import export_dataset
from codetune.records import Conversation, Edit, EditHistory, Revision, Snippet
from codetune.sources.config import CollectConfig
from codetune.sources.stage import run as collect
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset


def state(code: str, lang: str = "python") -> dict[str, str]:
    return {"type": "code", "lang": lang, "code": code}


ROWS = [
    {"history": [state("a = 1"), state("a = 1\nb = 2")], "current": state("a = 1\nb = 3"), "user": "Rename b",
     "chat": "Done.", "next": state("a = 1\nc = 3"), "loc": 6},
    {"history": [], "current": state("x\r\né😀", "java"), "user": "", "chat": "", "next": state("y\r\né😀", "java"), "loc": [0, 1]},
    {"history": [], "current": state("p", ""), "user": "", "chat": "", "next": state("q", ""), "loc": None},
]  # fmt: skip


def collected(tmp_path: Path, source: str, rows: list, kind: type) -> tuple[list, dict]:
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(rows))
    context = StageContext(cache=tmp_path / "cache")
    card = collect(CollectConfig(source=source, path=str(file)), [], tmp_path / "data", context)
    return list(Dataset(tmp_path / "data", kind)), card.rejects


def test_the_result_file_comes_back_as_it_was(tmp_path: Path) -> None:
    edits, _ = collected(tmp_path, "cursorcore", ROWS, Edit)
    assert [edit.area for edit in edits] == [(6,), (0, 1), None]
    export_dataset(tmp_path / "data", tmp_path / "out.json", get_format("cursorcore"))
    assert json.loads((tmp_path / "out.json").read_text()) == ROWS


def test_what_is_wrong_with_a_row_is_told(tmp_path: Path) -> None:
    wrong = [
        {**ROWS[0], "loc": 99},
        {**ROWS[0], "loc": "here"},
        {**ROWS[0], "next": ROWS[0]["current"]},
        {**ROWS[0], "history": "none"},
        {**ROWS[0], "current": {"lang": "python"}},
    ]
    _, rejects = collected(tmp_path, "cursorcore", [ROWS[2], *wrong], Edit)
    assert rejects == {"wrong type": 3, "target area outside the text": 1, "nothing changed": 1}


def test_histories_of_all_three_kinds(tmp_path: Path) -> None:
    rows = [
        {"input": {"code": "```\nb\n```", "content": "b"}, "output": ["a", "b"]},
        {"code1": "a", "code2": "b", "lang": "Python", "git": "Rename a"},
        {"language": "C++", "submissions": ["a", "b", "c"], "problems_contexts": "Problem Description:\nAdd"},
        {"language": "C++", "submissions": ["a"], "problems_contexts": ""},
    ]
    found, rejects = collected(tmp_path, "cursorcore-histories", rows, EditHistory)
    assert [(one.origin, one.versions, one.programming_language, one.request) for one in found] == [
        ("ai-programmer", ("a", "b"), None, ""),
        ("commit", ("a", "b"), "python", "Rename a"),
        ("submission", ("a", "b", "c"), "cpp", "Problem Description:\nAdd"),
    ]
    assert rejects == {"a single version": 1}


TURNS = {
    "whole-file": [
        "```python\na = 1\n```",
        "```python\na = 1\nb = 2\n```",
        "```python\na = 1\n<|target|>b = 3\n```",
        "<|next_start|>```python\na = 1\nc = 3\n```<|next_end|>\nDone.",
    ],
    "locate-and-change": [
        "0,2\n```python\na = 1\n```",
        "1,2\n```python\nb = 2\n```",
        "```python\n1 a = 1\n2 <|target|>b = 3\n```",
        "<|next_start|>1,2\n```python\nc = 3\n```<|next_end|>\nDone.",
    ],
    "search-and-replace": [
        "```python\na = 1\n<|search_and_replace|>\na = 1\nb = 2\n```",
        "```python\nb = 2\n<|search_and_replace|>\nb = 3\n```",
        "```python\na = 1\n<|target|>b = 3\n```",
        "<|next_start|>```python\nb = 3\n<|search_and_replace|>\nc = 3\n```<|next_end|>\nDone.",
    ],
}


@pytest.mark.parametrize("form", TURNS)
def test_turns_as_cursorcore_trains_on_them(tmp_path: Path, form: str) -> None:
    collected(tmp_path, "cursorcore", ROWS[:1], Edit)
    export_dataset(tmp_path / "data", tmp_path / "out.json", get_format("cursorcore-turns", form))
    (turns,) = json.loads((tmp_path / "out.json").read_text())
    history, newer, current, answer = TURNS[form]
    assert turns == [
        {"role": "history", "content": history},
        {"role": "history", "content": newer},
        {"role": "current", "content": current},
        {"role": "user", "content": "Rename b"},
        {"role": "assistant", "content": answer},
    ]


def test_edits_are_chats_of_two_turns_for_other_trainers(tmp_path: Path) -> None:
    collected(tmp_path, "cursorcore", ROWS[:1], Edit)
    export_dataset(tmp_path / "data", tmp_path / "out.jsonl", get_format("messages", "search-and-replace"))
    user, assistant = json.loads((tmp_path / "out.jsonl").read_text())["messages"]
    assert assistant["content"] == TURNS["search-and-replace"][-1]
    for part in ("Rename b", "<|target|>b = 3", "Step 2 so far", "<|search_and_replace|>"):
        assert part in user["content"]


def test_an_edit_whose_code_holds_a_marker_is_left_out_and_counted(tmp_path: Path) -> None:
    marked = {**ROWS[0], "current": state("a = '<|next_end|>'\nb"), "loc": None}
    collected(tmp_path, "cursorcore", [ROWS[1], marked], Edit)
    exported = export_dataset(tmp_path / "data", tmp_path / "out.jsonl", get_format("messages"))
    assert (exported.rows, exported.left_out) == (1, {"special-token": 1})
    raw = export_dataset(tmp_path / "data", tmp_path / "raw.jsonl", get_format("cursorcore"))
    assert raw.rows == 2, "the result file marks nothing in the code"


def test_lists_have_no_columns(tmp_path: Path) -> None:
    collected(tmp_path, "cursorcore", ROWS, Edit)
    for output, keep in (("out.parquet", ()), ("out.json", ("id",))):
        with pytest.raises(ConfigError, match="has no columns"):
            export_dataset(tmp_path / "data", tmp_path / output, get_format("cursorcore"), keep=keep)


def test_instructions_are_not_edits(tmp_path: Path) -> None:
    from codetune.errors import DataError
    from codetune.records import Instruction

    folder = write_dataset(tmp_path / "i", (Instruction(task="t", instruction="i", output="o", source="s"),))
    with pytest.raises(DataError, match="needs Edit or EditHistory or Snippet rows"):
        export_dataset(folder, tmp_path / "out.json", get_format("cursorcore"))


def test_the_state_of_an_edit_keeps_its_language() -> None:
    edit = Edit(current=Revision(code="a", programming_language="go"), next="b", source="s")
    row = get_format("cursorcore").shape(edit, get_format("cursorcore").edits)
    assert row["next"] == state("b", "go")


FILES = {
    "aiprogrammer.json": ("cursorcore-histories", [
        {"input": {"code": "```\na = 1\nb = 2\n```", "content": "a = 1\nb = 2"}, "output": ["a = 1", "a = 1\nb = 2"]},
    ]),
    "commit.json": ("cursorcore-histories", [
        {"code1": "a", "code2": "b", "lang": "c++", "git": "Rename a"},
        {"code1": "", "code2": "é😀\r\n", "lang": "shell", "git": "Begin"},
    ]),
    "submit_process.json": ("cursorcore-histories", [
        {"language": "C#", "submissions": ["a", "b", "c"], "problems_contexts": "Problem Description:\nAdd"},
        {"language": "Python", "submissions": ["", "b"], "problems_contexts": ""},
    ]),
    "code_snippets.json": ("cursorcore-snippets", [
        "import json\nprint(json)\n", "package main\n\nfunc main() {}\n", "int f(int a) { return a; }",
    ]),
    "conversations.json": ("cursorcore-turns", [
        [{"role": role, "content": f"{role} 1"} for role in ("history", "history", "current", "assistant")],
        [{"role": role, "content": f"{role} 2"} for role in ("system", "current", "user", "assistant")],
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_each_of_the_files_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    source, rows = FILES[name]
    kind = {"cursorcore-snippets": Snippet, "cursorcore-turns": Conversation}.get(source, EditHistory)
    _, rejects = collected(tmp_path, source, rows, kind)
    assert not rejects
    form = "cursorcore-turns" if kind is Conversation else "cursorcore"
    export_dataset(tmp_path / "data", tmp_path / "out.json", get_format(form))
    assert json.loads((tmp_path / "out.json").read_text()) == rows


def test_languages_of_snippets_are_told_by_their_grammars(tmp_path: Path) -> None:
    rows = [*FILES["code_snippets.json"][1], "", "one two ) three"]
    found, rejects = collected(tmp_path, "cursorcore-snippets", rows, Snippet)
    assert [one.programming_language for one in found] == ["python", "go", "c"]
    assert rejects == {"empty field": 1, "language not known": 1}


def test_turns_that_nobody_knows_are_rejected(tmp_path: Path) -> None:
    rows = [
        FILES["conversations.json"][1][0],
        [{"role": "narrator", "content": "x"}],
        [{"role": "user", "content": "x"}],
        [],
        ["x"],
    ]
    _, rejects = collected(tmp_path, "cursorcore-turns", rows, Conversation)
    assert rejects == {"unknown role": 1, "no answer": 1, "wrong type": 2}


def test_the_model_map_is_read_as_it_is(tmp_path: Path) -> None:
    from codetune.models.model_map import load_model_map

    path = tmp_path / "model_map.json"
    path.write_text(
        '{"TechxGenus/CursorCore-Yi-1.5B": {"base": "http://127.0.0.1:10086/v1", "api": "sk-xxx"}}'
    )
    assert "TechxGenus/CursorCore-Yi-1.5B" in load_model_map(path)
