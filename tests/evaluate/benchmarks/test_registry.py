"""Every benchmark: what it holds, what it takes for its data, and what it says of a wrong file."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from codetune.cli.main import run as codetune
from codetune.errors import ConfigError, DataError
from codetune.evaluate.benchmarks import registry
from codetune.evaluate.benchmarks.humanevalpack.humanevalpack import HUMANEVALPACK
from codetune.evaluate.benchmarks.listing import listing
from codetune.evaluate.benchmarks.multipl_e.multipl_e import MULTIPL_E
from codetune.evaluate.benchmarks.registry import BENCHMARKS, benchmark
from codetune.evaluate.benchmarks.tasks import TASK_BENCHMARKS
from codetune.sources.files.remote import address_in
from codetune.tasks.registry import TASKS

HERE = sorted(
    name
    for name, one in BENCHMARKS.items()
    if one.checksums and name not in ("humaneval+", "mbpp+", "apeval+")
)


@pytest.mark.parametrize("name", HERE)
def test_reads_its_published_file(name: str, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODETUNE_DATA", str(shared_data))
    chosen = benchmark(name)
    problems = chosen.load()
    assert chosen.items is None or len(problems) == chosen.items
    assert len({problem.task_id for problem in problems}) == len(problems)
    assert chosen.edition().edition != "not a known edition"
    assert all(problem.cluster for problem in problems)
    assert all(problem.prompt.endswith(problem.prefix or "") for problem in problems)


def test_every_benchmark_of_the_package_is_named_here_and_no_other() -> None:
    written = [
        *HUMANEVALPACK, *MULTIPL_E, *TASK_BENCHMARKS,
        *(getattr(importlib.import_module(place.partition(":")[0]), place.partition(":")[2])
          for place in dict.fromkeys(registry._PLACES.values()) if not place.endswith(("PACK", "MULTIPL_E", "TASK_BENCHMARKS"))),
    ]  # fmt: skip
    assert {one.name for one in written} == set(BENCHMARKS)
    assert [f"task:{name}" for name in TASKS] == [name for name in BENCHMARKS if name.startswith("task:")]
    for name in BENCHMARKS:
        assert BENCHMARKS[name].name == name


def test_one_benchmark_loads_its_own_file_and_no_other() -> None:
    code = (
        "import sys; from codetune.evaluate.benchmarks.registry import benchmark; benchmark('humaneval');"
        "print(*[name for name in sys.modules if name.startswith('codetune.evaluate.benchmarks.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.rpartition(".")[2] for name in done.stdout.split()}
    assert loaded == {"benchmark", "data_file", "download", "humaneval", "registry"}


def test_another_benchmarks_file_is_named(shared_data: Path) -> None:
    with pytest.raises(DataError, match="this file is mbpp, not HumanEval"):
        benchmark("humaneval").load(shared_data / "mbpp" / "mbpp.jsonl")


def test_an_altered_file_of_another_benchmark_is_recognised_by_its_fields(
    shared_data: Path, tmp_path: Path
) -> None:
    rows = json.loads((shared_data / "mbpp" / "sanitized-mbpp.json").read_text())[:3]
    path = tmp_path / "some.json"
    path.write_text(json.dumps(rows))
    with pytest.raises(DataError, match="looks like mbpp-sanitized"):
        benchmark("humaneval").load(path)


def test_an_altered_file_of_the_same_benchmark_is_refused(shared_data: Path, tmp_path: Path) -> None:
    text = (shared_data / "apeval" / "apeval.json").read_text().replace("prm", "param", 1)
    path = tmp_path / "apeval.json"
    path.write_text(text)
    with pytest.raises(DataError, match="not a known edition of APEval"):
        benchmark("apeval").load(path)


def test_an_unpinned_benchmark_takes_a_fitting_file_and_says_so(shared_data: Path, tmp_path: Path) -> None:
    lines = (shared_data / "canitedit" / "canitedit_renamed.jsonl").read_text().splitlines()[:2]
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(lines))
    chosen = benchmark("canitedit-lazy")
    assert len(chosen.load(path)) == 2
    assert chosen.edition(path).edition == "not a known edition"


def test_apeval_has_four_cells(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODETUNE_DATA", str(shared_data))
    cells = [problem.groups[0] for problem in benchmark("apeval").load()]
    assert {cell: cells.count(cell) for cell in set(cells)} == {
        f"history={history},user={user}": 41 for history in ("yes", "no") for user in ("yes", "no")
    }


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ConfigError, match="humanevalfixtests-go"):
        benchmark("humanevalfixtest-go")


def test_the_list_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODETUNE_DATA", raising=False)
    rows = {row.name: row for row in listing()}
    assert set(rows) == set(BENCHMARKS)
    assert rows["humaneval"].missing == ""
    assert rows["mbpp+"].missing == "data (from github.com)"
    assert "does not run lua" in rows["multipl-e-humaneval-lua"].missing
    assert "training" in rows["canitedit-lazy"].licence


def test_an_address_that_became_a_path_is_an_address_again() -> None:
    assert address_in(Path("https://example.org/a.jsonl")) == "https://example.org/a.jsonl"
    assert address_in(Path("/data/a.jsonl")) is None


def test_the_list_has_no_long_addresses(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CODETUNE_DATA", raising=False)
    assert codetune(["eval", "--list"]) == 0
    shown = capsys.readouterr().out
    assert "data (from github.com)" in shown and "://" not in shown
    assert max(map(len, shown.splitlines())) < 140
    assert codetune(["eval", "humaneval+", "-o", "unused"]) == 2
    assert "https://github.com/evalplus" in capsys.readouterr().err
