"""Target areas of a whole dataset."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.histories.test_stage import commit, dataset

from codetune.edits.area import AreaSettings
from codetune.errors import DataError
from codetune.histories.areas.stage import run
from codetune.records import Commit, Edit, Revision
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset


def edits(count: int) -> list[Edit]:
    return [
        Edit(current=Revision(code=f"a = {n}\nb = 1\nc = é😀"), next=f"a = {n}\nb = 2\nc = é😀", source="s")
        for n in range(count)
    ]


def test_every_edit_gets_the_area_of_its_id(tmp_path: Path) -> None:
    rows = edits(200)
    source = dataset(tmp_path / "in", Edit, rows[:50], rows[50:])
    turned = dataset(tmp_path / "turned", Edit, rows[::-1])
    for name, folder in (("a", source), ("b", turned)):
        card = run(AreaSettings(), [folder], tmp_path / name, StageContext(cache=tmp_path))
        assert card.counts["kept"] == 200
    one, two = ({row.current.code: row.area for row in Dataset(tmp_path / name, Edit)} for name in "ab")
    assert one == two
    assert {len(area or ()) for area in one.values()} == {0, 1, 2}


def test_a_finished_output_is_not_made_again(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", Edit, edits(3))
    first = run(AreaSettings(), [source], tmp_path / "out", StageContext(cache=tmp_path))
    assert (
        run(AreaSettings(), [source], tmp_path / "out", StageContext(cache=tmp_path)).started == first.started
    )


def test_commits_have_no_areas(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", Commit, [commit("a\nb", "a\nc")])
    with pytest.raises(DataError):
        run(AreaSettings(), [source], tmp_path / "out", StageContext(cache=tmp_path))
