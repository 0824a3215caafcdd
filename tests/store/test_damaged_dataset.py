"""A dataset whose parts are damaged or gone is refused when its parts are listed, so by every stage alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.synth.conftest import snippet, write_dataset

from codetune.errors import DataError
from codetune.records import Snippet
from codetune.store.dataset import Dataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "in", Snippet, [[snippet("def f():\n    pass\n", "f", "Do.")] * 3] * 2)


def test_a_whole_dataset_lists_its_parts(folder: Path) -> None:
    assert [path.name for path in Dataset(folder).parts()] == ["part-00000.parquet", "part-00001.parquet"]


def test_a_damaged_part_is_named(folder: Path) -> None:
    (folder / "data" / "part-00001.parquet").write_bytes(b"xxx")
    with pytest.raises(DataError, match=r"it is damaged, or not Parquet \(.*part-00001"):
        Dataset(folder).parts()


def test_missing_parts_are_told_by_the_count(folder: Path) -> None:
    (folder / "data" / "part-00001.parquet").unlink()
    with pytest.raises(DataError, match="the dataset has 3 rows, and its run card says 6"):
        list(Dataset(folder))
