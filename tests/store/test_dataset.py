"""Dataset directories: whole, resumable, the same bytes whatever the workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from codetune.engine.local import LocalEngine
from codetune.errors import DataError, OutputError
from codetune.records import Check, Generated, Instruction, Lineage, Snippet
from codetune.store.dataset import Dataset, DatasetWriter, RejectedRow, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput

PLAN = Plan(stage="double", config={"factor": 2}, inputs={}, code="c0ffee", seed=3)


# Files appear by a rename alone, so the moments that differ are those before each of them.
KILLED_BEFORE_A_RENAME = """
import os, signal, sys
from pathlib import Path
import tests.store.test_dataset as t
from codetune.engine.local import LocalEngine

real, left = os.replace, int(sys.argv[2])

def replace(source, target):
    global left
    if not str(target).endswith(".parquet"):
        return real(source, target)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(source, target)

os.replace = replace
t.make(Path(sys.argv[1]), LocalEngine(workers=1), count=12)
"""


def row(text: str) -> Instruction:
    return Instruction(
        task="code_generation",
        instruction=text,
        output="x = 1",
        source="test",
        license="MIT",
        tags=("a", "b"),
        lineage=Lineage(
            upstream_id="1",
            generated=(Generated(field="output", model="m", prompt="p", prompt_hash="h", request_key="k"),),
            checks=(Check(check="parses", verdict="passed"),),
        ),
    )


def shard(number: int) -> Shard[Instruction]:
    kept = [row(f"{number}-{i} 中文 \U0001f600") for i in range(5)]
    return Shard(
        kept, [RejectedRow(row=row(f"bad {number}"), stage="double", reason="odd", detail=str(number))]
    )


def make(
    folder: Path, engine: LocalEngine, count: int = 7, work: Callable[[int], Shard[Instruction]] = shard
) -> None:
    with StageOutput(folder, PLAN) as output:
        if output.finished:
            return
        writer = DatasetWriter(output, Instruction)
        list(writer.run(engine, work, range(count)))
        writer.finish(title="Doubled", description="Rows.")


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = [*folder.glob("data/*"), *folder.glob("rejects/*"), folder / "README.md"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(files)}


def test_rows_come_back_equal_and_in_order(tmp_path: Path) -> None:
    make(tmp_path / "d", LocalEngine(workers=1))
    data = Dataset(tmp_path / "d", Instruction)
    assert list(data) == [made for number in range(7) for made in shard(number).kept]
    assert len(data) == 35
    assert [reject["detail"] for reject in data.rejects()] == [str(n) for n in range(7)]
    assert data.card.counts == {"kept": 35, "rejected": 7}
    assert data.card.rejects == {"odd": 7}
    assert data.card.licenses == {"MIT": 35}


def test_the_number_of_workers_does_not_change_a_byte(tmp_path: Path) -> None:
    make(tmp_path / "one", LocalEngine(workers=1))
    with LocalEngine(workers=3) as engine:
        make(tmp_path / "three", engine)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "three")


def test_the_hugging_face_library_loads_a_folder_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    make(tmp_path / "d", LocalEngine(workers=1))
    loaded = datasets.load_dataset(str(tmp_path / "d"), cache_dir=str(tmp_path / "hf"))
    assert loaded["train"].num_rows == 35
    assert loaded["train"][0]["lineage"]["checks"] == [{"check": "parses", "verdict": "passed", "detail": ""}]
    rejects = datasets.load_dataset(str(tmp_path / "d"), "rejects", cache_dir=str(tmp_path / "hf"))
    assert set(rejects["train"]["reason"]) == {"odd"}


def test_a_dataset_without_rows_is_still_one(tmp_path: Path) -> None:
    make(tmp_path / "d", LocalEngine(workers=1), count=0)
    assert list(Dataset(tmp_path / "d", Instruction)) == []


def test_a_finished_folder_is_not_made_again(tmp_path: Path) -> None:
    make(tmp_path / "d", LocalEngine(workers=1))
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "d").rglob("*")}
    with StageOutput(tmp_path / "d", PLAN) as output:
        assert output.finished is not None
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "d").rglob("*")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"config": {"factor": 3}}, "factor = 2, not 3"),
        ({"seed": 4}, "seed 3, not 4"),
        ({"inputs": {"snippets": "x"}}, "another snippets"),
        ({"code": "other"}, "another version of codetune's code"),
        ({"stage": "other"}, "by the stage double, not other"),
    ],
)
@pytest.mark.parametrize("finished", [True, False])
def test_another_plan_is_refused_with_what_differs(
    tmp_path: Path, change: dict[str, object], words: str, finished: bool
) -> None:
    if finished:
        make(tmp_path / "d", LocalEngine(workers=1))
    else:
        StageOutput(tmp_path / "d", PLAN).close()
    fields = {"stage": "double", "config": {"factor": 2}, "inputs": {}, "code": "c0ffee", "seed": 3}
    with pytest.raises(OutputError, match=words):
        StageOutput(tmp_path / "d", Plan(**{**fields, **change}))  # type: ignore[arg-type]


def test_a_folder_of_other_files_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"thesis\.txt"):
        StageOutput(tmp_path, PLAN)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_two_processes_do_not_share_a_folder(tmp_path: Path) -> None:
    with StageOutput(tmp_path / "d", PLAN):
        with pytest.raises(OutputError, match="another codetune process"):
            StageOutput(tmp_path / "d", PLAN)
    StageOutput(tmp_path / "d", PLAN).close()


def test_rows_of_another_type_are_refused(tmp_path: Path) -> None:
    make(tmp_path / "d", LocalEngine(workers=1))
    with pytest.raises(DataError, match="holds Instruction rows where Snippet rows are needed"):
        Dataset(tmp_path / "d", Snippet)
    with pytest.raises(DataError, match=r"not a dataset directory .* name a folder in it, such as d"):
        Dataset(tmp_path, Snippet)


def test_killed_at_any_moment_it_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    make(tmp_path / "whole", LocalEngine(workers=1), count=12)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", KILLED_BEFORE_A_RENAME, str(tmp_path / "d")]
    done: dict[Path, int] = {}
    for rename in (1, 2, 5, 8):
        process = subprocess.run([*command, str(rename)], env=environment)
        assert process.returncode == -signal.SIGKILL
        parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "d" / "data").glob("*.parquet")}
        assert done.items() <= parts.items(), "a part that was whole is not made again"
        assert len(parts) == len(done) + (rename - 1) // 2
        done = parts
    make(tmp_path / "d", LocalEngine(workers=1), count=12)
    assert bytes_of(tmp_path / "d") == bytes_of(tmp_path / "whole")


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = StageOutput(tmp_path / "d", PLAN)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with output, pytest.raises(OutputError, match="no space is left on the disk"):
        DatasetWriter(output, Instruction).write(0, shard(0))
    assert not [p for p in (tmp_path / "d").rglob("*") if p.suffix in (".tmp", ".parquet")]


@pytest.fixture
def tiny_disk() -> Iterator[Path]:
    """A file system of 64 KiB, where this user may mount one."""
    folder = Path(f"/tmp/codetune-tiny-{os.getpid()}")
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], capture_output=True
    ).returncode:
        folder.rmdir()
        pytest.skip("mounting a small tmpfs needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def test_a_really_full_disk_is_one_sentence(tiny_disk: Path) -> None:
    with pytest.raises(OutputError, match="no space is left"):
        with StageOutput(tiny_disk / "d", PLAN) as output:
            writer = DatasetWriter(output, Instruction)
            for number in range(50):
                writer.write(number, Shard([row(os.urandom(4096).hex())]))
