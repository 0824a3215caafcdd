"""Files that are whole or not there: what the sentence names where none can be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from codetune.errors import OutputError
from codetune.store.atomic import write_text


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc here")
def test_a_folder_that_takes_no_files_is_told_by_the_file_asked_for():
    with pytest.raises(OutputError) as told:
        write_text(Path("/proc/rows.json"), "[]")
    assert str(told.value.where) == "/proc/rows.json"
    assert ".tmp" not in str(told.value)


def test_a_file_in_place_of_a_folder_is_told_by_its_path(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"output path is a file|part of the path is a file"):
        write_text(tmp_path / "file" / "rows.json", "[]")


def test_a_text_takes_the_place_of_an_older_one(tmp_path):
    for text in ("first", "second"):
        write_text(tmp_path / "a" / "rows.json", text)
    assert [path.read_text() for path in (tmp_path / "a").iterdir()] == ["second"]
