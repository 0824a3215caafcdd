"""Sources whose upstream files are not at hand: rows in the published layout, and their records."""

from __future__ import annotations

import json
import pickle

import pytest

from codetune.records import Commit
from codetune.sources.codexglue.token_streams import readable


@pytest.fixture
def jsonl(tmp_path):
    def write(*rows, name="rows.jsonl"):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(tmp_path / name)

    return write


def test_commitpack(jsonl, collect):
    row = {
        "commit": "c0", "old_file": "a.py", "new_file": "b.py", "old_contents": "x", "new_contents": "y",
        "subject": "Fix", "message": "Fix\n\nBody\n", "lang": "Python", "license": "gpl-3.0", "repos": "o/r,p/s",
    }  # fmt: skip
    dataset = collect(source="commitpack", path=jsonl(row, {**row, "new_contents": "x"}))
    (kept,) = dataset
    assert isinstance(kept, Commit)
    assert (kept.path, kept.old_path, kept.repo, kept.commit) == ("b.py", "a.py", "o/r", "c0")
    assert (kept.programming_language, kept.license, kept.message) == (
        "python",
        "GPL-3.0-only",
        "Fix\n\nBody",
    )
    assert dataset.card.rejects == {"nothing changed": 1}


def test_code_contests_keeps_tests_and_one_solution_a_language(jsonl, collect):
    row = {
        "name": "1_A. Sum", "description": "Add two numbers.", "difficulty": 7, "cf_tags": ["math"],
        "public_tests": {"input": ["1 2"], "output": ["3"]}, "private_tests": {"input": [], "output": []},
        "generated_tests": {"input": ["0 0"], "output": ["0"]},
        "solutions": {"language": [3, 3, 2, 1, 0], "solution": ["print(3)", "print(1+2)", "int main(){}", "print 3", "?"]},
    }  # fmt: skip
    no_solution = {**row, "solutions": {"language": [1], "solution": ["print 3"]}}
    image = {**row, "description": "See <image>"}
    dataset = collect(source="code-contests", path=jsonl(row, no_solution, image))
    rows = {kept.programming_language: kept for kept in dataset}
    assert set(rows) == {"python", "cpp"}
    assert rows["python"].output in ("print(3)", "print(1+2)")
    assert json.loads(rows["cpp"].tests) == [{"input": "1 2", "output": "3"}, {"input": "0 0", "output": "0"}]
    assert rows["cpp"].lineage.group == "1_A. Sum"
    assert "contest:math" in rows["cpp"].tags
    assert dataset.card.rejects == {"needs an image": 1, "no solution": 1}


def test_conversations(jsonl, collect):
    def said(*turns):
        return {"conversations": [{"from": who, "value": text} for who, text in turns]}

    path = jsonl(
        said(("system", "Be short."), ("human", "a"), ("gpt", "b"), ("human", "c"), ("gpt", "```go\nd\n```")),
        said(("human", "a"), ("gpt", "b"), ("human", "nobody answers")),
        said(("gpt", "b")),
        said(("human", "a"), ("human", "b"), ("gpt", "c")),
        said(("human", "a"), ("wizard", "b")),
        {"conversations": "a"},
    )
    dataset = collect(source="sharegpt", path=path)
    first, second = dataset
    assert (first.instruction, first.output, first.programming_language) == ("c", "```go\nd\n```", "go")
    assert first.input == "Be short.\n\nUser: a\n\nAssistant: b"
    assert (second.instruction, second.input, second.output) == ("a", "", "b")
    assert dataset.card.rejects == {
        "no answer": 1,
        "turns do not alternate": 1,
        "unknown role": 1,
        "wrong type": 1,
    }
    messages = {"messages": [{"role": "user", "content": "写代码"}, {"role": "assistant", "content": "b"}]}
    (row,) = collect(source="messages", path=jsonl(messages, name="m.jsonl"))
    assert (row.instruction, row.language) == ("写代码", "zh")


def test_tssb_takes_the_lines_around_from_the_patch(jsonl, collect):
    diff = "@@ -1,3 +1,3 @@\n def f(a):\n-    return a + 1\n+    return a - 1\n \n"
    row = {"before": "return a + 1", "after": "return a - 1", "diff": diff, "project": "p", "commit_sha": "c",
           "project_url": "https://example.org/p", "sstub_pattern": "CHANGE_BINARY_OPERATOR"}  # fmt: skip
    dataset = collect(source="tssb", path=jsonl(row, {**row, "diff": None}, {**row, "after": "return a + 1"}))
    outputs = {kept.output for kept in dataset}
    assert outputs == {"def f(a):\n    return a - 1\n", "return a - 1"}
    assert {kept.task for kept in dataset} == {"code_repair"}
    assert dataset.card.rejects == {"nothing changed": 1}


def test_cloze_with_answers(tmp_path, collect):
    (tmp_path / "python").mkdir()
    (tmp_path / "answers" / "python").mkdir(parents=True)
    rows = [
        {"idx": "maxmin-1", "nl_tokens": ["Largest"], "pl_tokens": ["return", "<mask>", "(", "x", ")"]},
        {"idx": "maxmin-2", "nl_tokens": [], "pl_tokens": ["<mask>"]},
        {"idx": "maxmin-3", "nl_tokens": [], "pl_tokens": ["x"]},
    ]
    (tmp_path / "python" / "clozeTest.json").write_text(json.dumps(rows))
    (tmp_path / "answers" / "python" / "answers.txt").write_text("maxmin-1<CODESPLIT>max\n")
    dataset = collect(source="codexglue-cloze", path=str(tmp_path))
    (row,) = dataset
    assert (row.output, row.programming_language) == ("max", "python")
    assert "return <mask> ( x )" in row.input
    assert dataset.card.rejects == {"no answer": 1, "no single mask": 1}


def test_staqc_with_its_tables(tmp_path, collect):
    (tmp_path / "python_multi_code_iids.txt").write_text("(1, 0)\r\n(2, 1)\r\n(9, 0)\r\nx\r\n")
    codes = {(1, 0): "a = sorted(b)\n", (2, 1): "open('f').read()\n"}
    (tmp_path / "python_multi_iid_to_code.pickle").write_bytes(pickle.dumps(codes, protocol=2))
    (tmp_path / "python_multi_qid_to_title.pickle").write_bytes(
        pickle.dumps({1: "How to sort?", 2: "How to read?"})
    )
    dataset = collect(source="staqc", path=str(tmp_path), candidates=2)
    assert sorted(row.candidates[int(row.output) - 1] for row in dataset) == [
        "a = sorted(b)",
        "open('f').read()",
    ]
    assert dataset.card.rejects == {"no code for this id": 1, "not an id": 1}


def test_token_streams_become_readable():
    tokens = "<s> import a <EOL> x = \"<STR_LIT:hi>\" + '<STR_LIT>' * <NUM_LIT:3> <EOL> </s>"
    assert readable(tokens) == "import a\nx = \"hi\" + '' * 3"


def test_codenet_series_end_with_the_first_accepted(tmp_path, collect):
    root = tmp_path / "Project_CodeNet"
    for folder in ("metadata", "problem_descriptions", "derived/duplicates"):
        (root / folder).mkdir(parents=True)
    head = "submission_id,problem_id,user_id,date,language,original_language,filename_ext,status,cpu_time,memory,code_size,accuracy\n"
    rows = [
        ("s3", "u1", "300", "Python", "Accepted"), ("s1", "u1", "100", "Python", "Wrong Answer"),
        ("s2", "u1", "200", "Python", "Runtime Error"), ("s4", "u1", "1000", "Python", "Accepted"),
        ("s5", "u2", "100", "C++", "Wrong Answer"), ("s6", "u3", "100", "C++", "Accepted"), ("s7", "u4", "1", "C++", "Accepted"),
    ]  # fmt: skip
    (root / "metadata/p00001.csv").write_text(
        head
        + "".join(
            f"{s},p00001,{u},{d},{lang},,{'py' if lang == 'Python' else 'cpp'},{status},,,,\n"
            for s, u, d, lang, status in rows
        )
    )
    for s, _, _, lang, _ in rows[:-1]:
        folder = root / "data/p00001" / lang
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{s}.{'py' if lang == 'Python' else 'cpp'}").write_text(f"program {s}\n")
    (root / "problem_descriptions/p00001.html").write_text(
        "<h2>Sum</h2><p>Add &lt;two&gt;.</p><pre>1 2</pre>"
    )
    (root / "derived/duplicates/identical_problem_clusters").write_text("p00009,p00001\np00003,p00004\n")
    dataset = collect(source="codenet", path=str(tmp_path))
    series = {row.user_id: row for row in dataset}
    assert set(series) == {"u1", "u3"}
    assert [p.code for p in series["u1"].programs] == ["program s1\n", "program s2\n", "program s3\n"]
    assert series["u1"].statuses == ("Wrong Answer", "Runtime Error", "Accepted")
    assert series["u1"].problem == "Sum\nAdd <two>.\n\n    1 2"
    assert series["u1"].lineage.group == "p00001"
    assert dataset.card.rejects == {"after the first accepted one": 1, "missing file": 1, "never accepted": 1}
    cpp = collect(source="codenet", path=str(tmp_path), languages=["cpp"])
    assert [row.user_id for row in cpp] == ["u3"]
    assert cpp.card.rejects["language not wanted"] == 4


def test_a_limit_chooses_the_same_rows_however_they_are_written(tmp_path, collect, jsonl):
    rows = [{"instruction": f"i{i}", "output": f"o{i}"} for i in range(500)]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    by_lines = {row.instruction for row in collect(source="alpaca", path=jsonl(*rows), limit=50)}
    by_array = {
        row.instruction for row in collect(source="alpaca", path=str(tmp_path / "rows.json"), limit=50)
    }
    assert len(by_lines) == 50
    assert by_lines == by_array
