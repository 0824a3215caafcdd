"""A choice of rows: what the definition says, each piece read once, and again only what was not read."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codetune.engine.local import LocalEngine
from codetune.records import Snippet
from codetune.seeding import rank
from codetune.sources.limit import LimitedRows
from codetune.sources.source import rejected_row
from codetune.store.columns import table_of_records
from codetune.store.context import StageContext
from codetune.store.dataset import Shard


def snippet(name: str) -> Snippet:
    return Snippet(code=name, programming_language="python", source="s")


def shard(names: list[str], *, as_table: bool = False) -> Shard[Snippet]:
    kept = [snippet(name) for name in names]
    rejected = [rejected_row({"source": "s"}, "odd", name) for name in names[:1]]
    return Shard((), rejected, table_of_records(Snippet, kept)) if as_table else Shard(kept, rejected)


def counted(log: Path, names: list[str], *, as_table: bool = False) -> Shard[Snippet]:
    with log.open("a") as file:
        file.write("|".join(names) + "\n")
    if "stop" in names:
        raise KeyboardInterrupt
    return shard(names, as_table=as_table)


def chosen(folder: Path) -> list[list[str]]:
    parts = sorted((folder / "data").glob("*.parquet"))
    return [pq.read_table(part).column("code").to_pylist() for part in parts]


def write(folder: Path, pieces: list[list[str]], limit: int, work=shard) -> LimitedRows:
    rows = LimitedRows(folder, Snippet, seed=5, limit=limit)
    with LocalEngine(1) as engine:
        for _ in rows.write(StageContext(cache=folder / "cache", engine=engine, seed=5), work, pieces):
            pass
    return rows


def by_definition(pieces: list[list[str]], limit: int) -> list[list[str]]:
    """Sort everything there is, take the first so many; rows with one id are all in or all out."""
    ranked = sorted(rank(5, snippet(name).id, "limit") for piece in pieces for name in piece)
    cutoff = ranked[limit - 1] if len(ranked) > limit else b"\xff" * 16
    return [[name for name in piece if rank(5, snippet(name).id, "limit") <= cutoff] for piece in pieces]


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.lists(st.text("abc", max_size=3), max_size=8), min_size=1, max_size=8),
    limit=st.integers(1, 12),
    as_table=st.booleans(),
)
def test_the_choice_is_the_smallest_ranks_of_all_rows(tmp_path_factory, pieces, limit, as_table):
    folder = tmp_path_factory.mktemp("limit")
    rows = write(folder, pieces, limit, partial(shard, as_table=as_table))
    assert chosen(folder) == by_definition(pieces, limit)
    assert rows.found == sum(map(len, pieces))


PIECES = [[f"{piece}-{row}" for row in range(40)] for piece in range(12)]


@pytest.mark.parametrize("as_table", [False, True])
def test_each_piece_is_read_once(tmp_path, as_table):
    log = tmp_path / "log"
    write(tmp_path / "out", PIECES, 25, partial(counted, log, as_table=as_table))
    assert log.read_text().splitlines() == ["|".join(piece) for piece in PIECES]


def test_workers_change_no_byte(collect, tmp_path):
    for number in range(6):
        rows = [{"instruction": f"do {number} {i}", "input": "", "output": f"{i}"} for i in range(50)]
        tmp_path.joinpath("rows").mkdir(exist_ok=True)
        (tmp_path / "rows" / f"{number}.json").write_text(json.dumps([*rows, {"instruction": "x"}]))
    folders = []
    for workers in (1, 2):
        folders.append(tmp_path / f"out{workers}")
        dataset = collect(
            source="alpaca", path=str(tmp_path / "rows"), limit=20, workers=workers, output=folders[-1]
        )
        assert dataset.card.counts == {"kept": 20, "rejected": 6, "found": 300}
        assert not (folders[-1] / ".candidates").exists()
    for kind in ("data", "rejects"):
        one, two = (sorted((folder / kind).iterdir()) for folder in folders)
        assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
        assert len(one) == 6


def test_the_bound_falls_so_that_few_rows_are_set_aside(tmp_path):
    write(tmp_path / "out", PIECES, 5)
    held = 0
    for path in (tmp_path / "out" / ".candidates").iterdir():
        with pa.OSFile(str(path), "rb") as file:
            held += pa.ipc.open_file(file).read_all().num_rows
    assert 5 <= held <= 30  # of 480; a harmonic sum expects about 5 * (1 + 1/2 + ... + 1/12) = 15.5


def test_an_interrupted_choice_goes_on_where_it_stopped(tmp_path):
    log, folder = tmp_path / "log", tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        write(folder, [*PIECES[:7], ["stop"], *PIECES[8:]], 25, partial(counted, log))
    assert len(log.read_text().splitlines()) == 8
    assert not (folder / "data").exists()
    log.unlink()
    rows = write(folder, PIECES, 25, partial(counted, log))
    assert log.read_text().splitlines() == ["|".join(piece) for piece in PIECES[7:]]
    assert chosen(folder) == by_definition(PIECES, 25)
    assert rows.found == 480
    rows.clean_up()
    assert not (folder / ".candidates").exists()
