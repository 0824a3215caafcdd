"""What a stage compares before it resumes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.records import Snippet, content_id
from codetune.store import hashing


def test_the_order_of_keys_does_not_matter_but_values_do() -> None:
    assert hashing.json_hash({"a": 1, "b": [2]}) == hashing.json_hash({"b": [2], "a": 1})
    assert hashing.json_hash({"a": 1}) != hashing.json_hash({"a": 2})


@given(st.lists(st.one_of(st.none(), st.text(alphabet="ab:1\udc80", max_size=4)), max_size=4))
def test_different_parts_have_different_ids(parts: list[str | None]) -> None:
    for other in ([*parts, ""], [*parts, None], [None, *parts]):
        assert (content_id("k", *parts) == content_id("k", *other)) == (parts == other)


def test_an_id_is_the_same_everywhere() -> None:
    snippet = Snippet(code="def f(): pass", programming_language="python", source="code")
    assert snippet.id == "d14ddd807d9a799bc208b5b55b28b1c1"
    assert Snippet(code="def f(): pass", programming_language="python", source="elsewhere").id == snippet.id


def test_code_hash_follows_imports_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "toy"
    package.mkdir()
    files = {
        "__init__": "",
        "stage": "from toy.part import f\n",
        "part": "def f(): return 1\n",
        "other": "x = 1\n",
    }
    for name, text in files.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(hashing, "_PACKAGE", "toy")

    def fresh() -> str:
        for cached in (hashing._origin, hashing._imports, hashing.code_hash):
            cached.cache_clear()
        return hashing.code_hash("toy.stage")

    before = fresh()
    (package / "other.py").write_text("x = 2\n")
    assert fresh() == before
    room = package / "room"
    room.mkdir()
    (room / "part.py").write_text("def g(): return 1\n")
    (room / "prompt.jinja").write_text("Say it.")
    assert fresh() == before  # nobody imports it
    (package / "stage.py").write_text("from toy.room.part import g\n")
    with_room = fresh()
    (room / "prompt.jinja").write_text("Say it again.")
    assert fresh() != with_room
    (package / "stage.py").write_text("from toy.part import f\n")
    assert fresh() == before
    (package / "part.py").write_text("def f(): return 2\n")
    assert fresh() != before
    (package / "part.py").write_text("raise RuntimeError('to hash is not to run')\n")
    fresh()
    assert "toy.part" not in sys.modules
    monkeypatch.undo()
    for cached in (hashing._origin, hashing._imports, hashing.code_hash):
        cached.cache_clear()
    sys.modules.pop("toy", None)
