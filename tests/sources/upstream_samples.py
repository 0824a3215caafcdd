"""A few rows of every source as upstream writes them, good and broken ones; how many stand there is counted here by hand."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pygit2

PYTHON = 'def add(a, b):\n    """Add two numbers."""\n    total = a + b\n    return total\n'
JAVA = "public int add ( int a , int b ) { return a + b ; }"
BROKEN = ("{", "7")
"""Two lines that are no row: not JSON, not an object."""


@dataclass(frozen=True)
class Sample:
    """Files of one source.

    Attributes:
        files: Path -> text, bytes, or rows (written as JSON Lines, a string as it is).
        rows: Rows that stand in them.
        reasons: Reason -> rows that have to be rejected for it.
        of_each: Upstream's rows that make one record.
        settings: More settings of collect.
        make: Writes what text alone can't say.
    """

    files: Mapping[str, Any]
    rows: int
    reasons: Mapping[str, int]
    of_each: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    make: Callable[[Path], None] | None = None

    def write(self, folder: Path) -> Path:
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            elif isinstance(content, str):
                path.write_text(content)
            else:
                lines = [row if isinstance(row, str) else json.dumps(row) for row in content]
                path.write_text("\n".join(lines) + "\n")
        if self.make is not None:
            self.make(folder)
        return folder


def json_rows(good: dict[str, Any], needed: str, name: str = "rows.jsonl", **more: Any) -> Sample:
    """A good row, one without a field, and two that are no rows."""
    lacking = {key: value for key, value in good.items() if key != needed}
    reasons = {"missing field": 1, "not JSON": 1, "not an object": 1}
    return Sample({name: [good, lacking, *BROKEN]}, 4, more.pop("reasons", reasons), **more)


def repository(folder: Path) -> None:
    """Three commits: a file is added, changed, and changed in its blanks alone."""
    made = pygit2.init_repository(folder)
    author = pygit2.Signature("A", "a@example.org", 1_700_000_000)
    parents: list[Any] = []
    for text, message in (
        (PYTHON, "Add add"),
        (PYTHON.replace("total", "result"), "Rename total to result"),
        (PYTHON, ""),
    ):
        (folder / "a.py").write_text(text)
        made.index.add("a.py")
        tree = made.index.write_tree()
        parents = [made.create_commit("HEAD", author, author, message, tree, parents)]


def pickles(folder: Path) -> None:
    (folder / "python_how_to_do_it_qid_by_classifier_single_code_iid_to_code.pickle").write_bytes(
        pickle.dumps({1: "x = 1", 2: "y = 2", 3: "z = 3"}, protocol=2)
    )
    (folder / "python_how_to_do_it_by_classifier_single_code_qid_to_title.pickle").write_bytes(
        pickle.dumps({1: "Set x", 2: "Set y"}, protocol=2)
    )


TURNS = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
POSTS = """<?xml version="1.0"?>
<posts>
<row Id="1" PostTypeId="1" AcceptedAnswerId="2" Score="5" CreationDate="2020-01-01T00:00:00" Title="How to add two numbers in Python?" Tags="&lt;python&gt;" Body="&lt;p&gt;How?&lt;/p&gt;" ContentLicense="CC BY-SA 4.0" AnswerCount="2"/>
<row Id="2" PostTypeId="2" ParentId="1" Score="7" CreationDate="2020-01-01T00:00:00" Body="&lt;p&gt;So:&lt;/p&gt;&lt;pre&gt;&lt;code&gt;total = a + b&lt;/code&gt;&lt;/pre&gt;" ContentLicense="CC BY-SA 4.0"/>
<row Id="3" PostTypeId="2" ParentId="1" Score="1" CreationDate="2020-01-01T00:00:00" Body="&lt;p&gt;No code.&lt;/p&gt;" ContentLicense="CC BY-SA 4.0"/>
<row Id="4" PostTypeId="1" AcceptedAnswerId="5" Score="5" CreationDate="2020-01-01T00:00:00" Title="How to reverse a list in Python?" Tags="&lt;python&gt;" Body="&lt;p&gt;How?&lt;/p&gt;" ContentLicense="CC BY-SA 4.0" AnswerCount="1"/>
<row Id="5" PostTypeId="2" ParentId="4" Score="7" CreationDate="2020-01-01T00:00:00" Body="&lt;p&gt;So:&lt;/p&gt;&lt;pre&gt;&lt;code&gt;items = items[::-1]&lt;/code&gt;&lt;/pre&gt;" ContentLicense="CC BY-SA 4.0"/>
</posts>
"""
BLOCKS = (
    "[[(1, 0), [['a'], ['b']], ['x = 1'], ['set x'], 2, 1], [(1, 1), [['a'], ['b']], ['y = 1'], ['set x'], 2, 0], "
    "[(2, 0), [['a'], ['b']], ['z = 3'], ['set z'], 1, 1], [(3, 0), [['a'], ['b']], 7]]"
)

SAMPLES: dict[str, Sample] = {
    "code": Sample({"a.py": PYTHON, "b.py": b"\0\0", "c.py": PYTHON.replace("add", "plus")}, 3, {"binary file": 1}),
    "git": Sample({}, 3, {"no message": 1}, make=repository, settings={"new_files": True}),
    "codesearchnet": json_rows({"code": PYTHON, "language": "python", "func_name": "add", "docstring": "Add.",
                                "path": "p.py", "repo": "o/r", "sha": "c0ffee", "url": "https://e.org/p"}, "language"),
    "codexglue-translation": Sample({"train.java-cs.txt.java": f"{JAVA}\n{JAVA}x\n\n",
                                     "train.java-cs.txt.cs": f"{JAVA}y\n\n\n"}, 3, {"empty field": 2}),
    "codexglue-refinement": Sample({"small/train.buggy-fixed.buggy": f"{JAVA}\n{JAVA}\n{JAVA}\n",
                                    "small/train.buggy-fixed.fixed": f"{JAVA}y\n{JAVA}\n"}, 3,
                                   {"nothing changed": 1, "no counterpart": 1}),
    "codexglue-defect": json_rows({"func": "int f(void) { return 1; }", "target": 1, "project": "p", "commit_id": "c"},
                                  "target", "train.jsonl"),
    "codexglue-clone": Sample({"data.jsonl": [{"func": JAVA, "idx": "1"}, {"func": JAVA + "x", "idx": "2"}],
                               "train.txt": "1\t2\t1\n1\t3\t0\n1\t2\n1\t2\tx\n"}, 4,
                              {"unknown id in the list": 1, "wrong number of fields": 1, "wrong type": 1}),
    "codexglue-completion": json_rows({"input": "<s> x = 1 <EOL>", "gt": "y = 2"}, "gt", "py150/test.json"),
    "codexglue-concode": json_rows({"nl": "add two numbers concode_field_sep int a", "code": "int f ( ) { }"}, "code", "train.json"),
    "codexglue-cosqa": json_rows({"doc": "python add", "code": PYTHON, "label": 1, "idx": "c-1"}, "label", "cosqa-train.json"),
    "codexglue-cloze": Sample({"python/clozeTest.json": [
        {"idx": "1", "nl_tokens": ["a"], "pl_tokens": ["x", "<mask>"]},
        {"idx": "2", "nl_tokens": ["a"], "pl_tokens": ["x", "<mask>"]},
        {"idx": "3", "nl_tokens": ["a"], "pl_tokens": ["x"]}],
        "answers/python/answers.txt": "1<CODESPLIT>y\n3<CODESPLIT>z\n"}, 3, {"no answer": 1, "no single mask": 1}),
    "stackexchange": Sample({"Posts.xml": POSTS}, 5, {"another answer was chosen": 1}, of_each=2, settings={"candidates": 2}),
    "conala": Sample({"conala-train.json": [{"intent": "add", "rewritten_intent": None, "snippet": "a + b", "question_id": 1},
                                            {"intent": "subtract", "snippet": "a - b", "question_id": 2},
                                            {"intent": "nothing", "question_id": 3}, *BROKEN]}, 5,
                     {"missing field": 1, "not JSON": 1, "not an object": 1}, settings={"candidates": 2}),
    "staqc": Sample({"python_how_to_do_it_qid_by_classifier_single_code_iids.txt": "1\n2\n3\n4\nx\n"}, 5,
                    {"no code for this id": 1, "no title for this id": 1, "not an id": 1},
                    make=pickles, settings={"candidates": 2}),
    "codepro": Sample({"python_blocks_labeled.txt": BLOCKS}, 4, {"labelled as no answer": 1, "not a labelled block": 1},
                      settings={"candidates": 2}),
    "code-contests": Sample({"train.jsonl": [
        {"name": "p", "description": "Add.", "solutions": [{"language": "PYTHON3", "solution": "print(1)"}]},
        {"name": "q", "description": "See <image>", "solutions": []}, {"name": "r", "description": "Add.", "solutions": []},
        *BROKEN]}, 5, {"needs an image": 1, "no solution": 1, "not JSON": 1, "not an object": 1}),
    "codenet": Sample({
        "metadata/p00001.csv": "submission_id,problem_id,user_id,date,language,original_language,filename_ext,status,cpu_time,memory,code_size,accuracy\n"
                               "s1,p00001,u1,1,Python,Python3,py,Wrong Answer,1,1,10,\ns2,p00001,u1,2,Python,Python3,py,Accepted,1,1,10,\n"
                               "s3,p00001,u2,3,Python,Python3,py,Accepted,1,1,10,\n",
        "data/p00001/Python/s1.py": "print(1)\n", "data/p00001/Python/s2.py": "print(2)\n"}, 3, {"missing file": 1}, of_each=2),
    "commitpack": json_rows({"old_contents": "x = 1\n", "new_contents": "x = 2\n", "message": "Set x to two", "subject": "Set x to two",
                             "old_file": "a.py", "new_file": "a.py", "lang": "Python", "license": "mit", "repos": "o/r", "commit": "c"},
                            "new_contents"),
    "cursorcore": json_rows({"history": [], "current": {"code": "x = 1", "lang": "python"}, "next": {"code": "x = 2", "lang": "python"},
                             "user": "", "chat": ""}, "next", reasons={"wrong type": 1, "not JSON": 1, "not an object": 1}),
    "cursorcore-histories": json_rows({"code1": "x = 1", "code2": "x = 2", "git": "Set x", "lang": "Python"}, "git",
                                      reasons={"not JSON": 1, "not an object": 1}),
    "cursorcore-snippets": Sample({"code_snippets.json": json.dumps([PYTHON, 7, "", "((("])}, 4,
                                  {"not an object": 1, "empty field": 1, "language not known": 1}),
    "cursorcore-turns": Sample({"turns.json": json.dumps([TURNS, TURNS[:1], [], [{"role": "nobody", "content": "x"}]])}, 4,
                               {"no answer": 1, "wrong type": 1, "unknown role": 1}),
    "tssb": json_rows({"before": "x = 1", "after": "x = 2", "diff": "", "sstub_pattern": "CHANGE", "project": "p",
                       "project_url": "https://e.org", "commit_sha": "c", "file_path": "a.py"}, "after"),
    "codegpt": json_rows({"user": "Add.", "assistant": PYTHON}, "assistant", "python.jsonl"),
    "sharegpt": Sample({"rows.jsonl": [{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
                                       {"conversations": [{"from": "human", "value": "Hi"}]}, {"conversations": 3}, *BROKEN]}, 5,
                       {"no answer": 1, "wrong type": 1, "not JSON": 1, "not an object": 1}),
    "messages": Sample({"rows.jsonl": [{"messages": TURNS}, {"messages": TURNS[:1]}, {"messages": None}, *BROKEN]}, 5,
                       {"no answer": 1, "missing field": 1, "not JSON": 1, "not an object": 1}),
    "generic": json_rows({"prompt": "Add.", "answer": PYTHON}, "answer",
                         settings={"map": {"instruction": "prompt", "output": "answer"}}),
    **{name: json_rows({"instruction": "Add.", "input": "", "output": PYTHON}, "output", "rows.jsonl")
       for name in ("alpaca", "codealpaca", "gpteacher", "instruct-to-code", "godot-dodo")},
}  # fmt: skip
