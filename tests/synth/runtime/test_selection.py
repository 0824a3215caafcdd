from __future__ import annotations

from pathlib import Path

import pytest
from tests.synth.conftest import snippet, write_dataset

from codetune.errors import DataError
from codetune.records import Snippet
from codetune.store.dataset import Dataset
from codetune.store.row_selection import read_chosen
from codetune.synth.runtime.selection import Selection, select


def rows(count: int, language: str = "python") -> list[Snippet]:
    return [snippet(f"def f{i}(): pass", f"f{i}", language=language) for i in range(count)]


def chosen(folder: Path, **more) -> tuple[Selection, list[str]]:
    settings = {"rows": None, "seed": 0, "programming_languages": (), "part_rows": 10, **more}
    selection = select([Dataset(folder)], **settings)
    return selection, [row.name for part in selection.parts for row in read_chosen(part, Snippet)]


def test_a_sample_goes_by_id_so_added_rows_do_not_reshuffle_it(tmp_path: Path) -> None:
    few = write_dataset(tmp_path / "few", Snippet, [rows(60)])
    more = write_dataset(tmp_path / "more", Snippet, [rows(90)[60:], rows(60)[::-1]])
    _, before = chosen(few, rows=30)
    _, after = chosen(more, rows=30)
    new = {f"f{i}" for i in range(60, 90)}
    assert len(before) == len(after) == 30
    assert set(after) - new <= set(before)  # old rows may only leave, and only for new ones
    assert len(set(before) - set(after)) == len(set(after) & new)
    assert set(chosen(few, rows=10)[1]) <= set(before)
    assert set(chosen(few, rows=30, seed=1)[1]) != set(before)


def test_every_row_is_in_exactly_one_part_in_the_input_s_order(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "a", Snippet, [rows(25), rows(47)[25:]])
    selection, names = chosen(folder)
    assert [len(part) for part in selection.parts] == [10, 10, 10, 10, 7]
    assert names == [f"f{i}" for i in range(47)]


def test_rows_left_alone_are_counted(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "a", Snippet, [[*rows(8), *rows(4, "go"), *rows(3)]])
    selection, names = chosen(folder, programming_languages=("python",), rows=5)
    assert selection.counts == {
        "read": 15, "other_language": 4, "repeated": 3, "not_sampled": 3, "selected": 5,
    }  # fmt: skip
    assert len(set(names)) == 5


def test_nothing_to_work_on_is_said(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "a", Snippet, [rows(3)])
    with pytest.raises(DataError, match="rust"):
        chosen(folder, programming_languages=("rust",))
