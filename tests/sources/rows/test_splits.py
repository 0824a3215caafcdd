"""Upstream's splits: told by tags and file names, kept in tags, chosen with `split`."""

from __future__ import annotations

import json

import pytest

from codetune.sources.rows.splits import is_wanted, split_of_file, splits_of_tags

from ..conftest import data_root, needs_data


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.txt", "train"),
        ("small/valid.buggy-fixed.buggy", "valid"),
        ("cosqa-dev.json", "valid"),
        ("conala-mined.jsonl", None),
        ("python/final/jsonl/test/python_test_0.jsonl.gz", "test"),
        ("train/eval.jsonl", "valid"),  # the file's own name wins
        ("contest.json", None),
        ("latest.jsonl", None),
        ("data/test-00000-of-00002.parquet", "test"),
    ],
)
def test_a_file_names_its_split(name, split):
    assert split_of_file(name) == split


def test_what_is_wanted():
    assert splits_of_tags(["split:dev", "size:small", "split:train"]) == ("valid", "train")
    assert is_wanted(("test",), ())
    assert is_wanted(("train",), ("train",))
    assert not is_wanted(("test",), ("train",))
    assert not is_wanted(("train", "test"), ("train",))  # in both: testing on it is spoilt
    assert is_wanted((), ("train",))
    assert not is_wanted((), ("test",))


@pytest.fixture
def conala(tmp_path):
    folder = tmp_path / "conala"
    folder.mkdir()
    for name in ("train", "test"):
        rows = [
            {"intent": f"how to {name} {n}", "snippet": f"{name}({n})", "question_id": n} for n in range(8)
        ]
        (folder / f"conala-{name}.json").write_text(json.dumps(rows))
    return str(folder)


def test_rows_carry_their_split(conala, collect):
    rows = list(collect(source="conala", path=conala))
    assert [splits_of_tags(row.tags) for row in rows] == [("test",)] * 8 + [("train",)] * 8


def test_only_the_wanted_split_is_kept_and_the_others_are_counted(conala, collect):
    dataset = collect(source="conala", path=conala, split=("train",))
    assert {splits_of_tags(row.tags) for row in dataset} == {("train",)}
    assert dataset.card.rejects == {"split not wanted": 8}
    assert all(": test" in reject["detail"] for reject in dataset.rejects())


def test_a_source_without_splits_is_all_train(tmp_path, collect):
    (tmp_path / "test.jsonl").write_text('{"instruction": "i", "output": "o"}\n')
    path = str(tmp_path / "test.jsonl")
    assert len(collect(source="alpaca", path=path, split=("train",))) == 1
    assert len(collect(source="alpaca", path=path, split=("test",))) == 0
    (row,) = collect(source="alpaca", path=path)
    assert row.tags == ()


@needs_data
@pytest.mark.parametrize(
    ("source", "folder", "splits"),
    [
        ("codexglue-clone", "bigclonebench/tiny", {"train", "valid", "test"}),
        ("codexglue-defect", "devign/function_json_sample", {"train", "valid", "test"}),
        ("codexglue-cosqa", "cosqa", {"valid"}),
        ("codexglue-completion", "line_completion", {"valid"}),
        ("codexglue-concode", "concode", {"valid"}),
        ("codexglue-translation", "codetrans", {"train", "valid"}),
    ],
)
def test_real_samples_by_split(collect, source, folder, splits):
    path = str(data_root() / folder)
    whole = list(collect(source=source, path=path))
    assert {split for row in whole for split in splits_of_tags(row.tags)} == splits
    for split in ("train", "valid", "test"):
        kept = list(collect(source=source, path=path, split=(split,)))
        assert [row.id for row in kept] == [row.id for row in whole if splits_of_tags(row.tags) == (split,)]
