"""Paths that are hard: names that are no UTF-8, pipes, folders that may not be looked at."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from codetune.errors import DataError
from codetune.sources.files.input_files import find, printable

CODE = "def f(x):\n    y = x\n    return y\n"
LATIN1 = os.fsdecode(b"caf\xe9")
GIT = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
}


@pytest.fixture
def odd(tmp_path):
    """A folder whose own name, a folder in it and a file in that are no UTF-8."""
    root = tmp_path / f"{LATIN1}-project"
    (root / LATIN1).mkdir(parents=True)
    (root / LATIN1 / f"{LATIN1}.py").write_text(CODE)
    (root / "plain.py").write_text(CODE.replace("f(", "g("))
    (root / LATIN1 / "broken.py").write_bytes(b"\xff\xfe\x00")
    return root


def test_a_name_that_is_no_utf8_costs_no_row(odd, collect):
    dataset = collect(source="code", path=str(odd))
    assert {(row.path, row.repo) for row in dataset} == {
        ("caf?/caf?.py", "caf?-project"), ("plain.py", "caf?-project"),
    }  # fmt: skip
    assert [(row["path"], row["reason"]) for row in dataset.rejects()] == [("caf?/broken.py", "binary file")]


def test_a_history_with_such_names(odd, collect):
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-C", str(odd), *words], check=True, env={**os.environ, **GIT}, capture_output=True
        )

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    (odd / LATIN1 / f"{LATIN1}.py").write_text(CODE.replace("x", "z"))
    git("commit", "-qam", "two")
    (row,) = [row for row in collect(source="git", path=str(odd)) if row.subject == "two"]
    assert (row.path, row.repo) == ("caf?/caf?.py", "caf?-project")


def test_rows_of_files_with_such_names(odd, collect):
    (odd / f"{LATIN1}.jsonl").write_text('{"instruction": "i", "input": "", "output": "o"}\n')
    for path in (odd, odd / f"{LATIN1}.jsonl"):
        (row,) = collect(source="alpaca", path=str(path))
        assert row.lineage.upstream_id == "caf?.jsonl:1"


def test_a_readable_path_stays_as_it_is():
    assert printable("häuser/家.py") == "häuser/家.py"


def test_a_pipe_is_refused_at_once(tmp_path, collect):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for source in ("alpaca", "stackexchange", "code", "git"):
        with pytest.raises(DataError, match=r"pipe or a device|folder, and this is a file"):
            collect(source=source, path=str(pipe))


def test_a_folder_that_may_not_be_looked_at_is_one_sentence(tmp_path, monkeypatch):
    def refuse(self: Path, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(DataError, match="the path can't be read: Permission denied"):
        find(str(tmp_path), "alpaca", (".json",))
