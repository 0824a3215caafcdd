"""Every real sample collects without an unexplained loss: rows in = kept + refused, for every file.

The rows are counted from the files themselves, with other means than the reader under test.
"""

from __future__ import annotations

import ast
import csv
import gzip
import json
import tarfile
from collections import Counter
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from codetune.engine.local import LocalEngine
from codetune.sources.config import CollectConfig
from codetune.sources.stage import run
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset

from .conftest import data_root, needs_data

pytestmark = needs_data
DATA = data_root()


@pytest.fixture(scope="module")
def collect(tmp_path_factory):
    """Collect with one worker; a source that was collected before is not read again."""

    @cache
    def do(source: str, path: str) -> Dataset:
        folder = tmp_path_factory.mktemp("collected") / "out"
        run(CollectConfig(source=source, path=path), [], folder, StageContext(cache=folder.parent))
        return Dataset(folder)

    return do


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")


def rows_of(path: Path) -> int:
    """Rows of a JSON array, else non-blank lines."""
    text = text_of(path)
    if text.lstrip().startswith("["):
        return len(json.loads(text))
    return sum(bool(line.strip()) for line in text.split("\n"))


def files(folder: str, pattern: str) -> list[Path]:
    found = sorted((DATA / folder).glob(pattern))
    assert found, f"no {pattern} in {folder}"
    return found


CASES = {
    "codealpaca": ("codealpaca", "*.json"),
    "gpteacher": ("gpteacher", "*.json"),
    "codegpt": ("codegpt_cn", "*/*.json"),
    "codesearchnet": ("codesearchnet", "*/final/jsonl/*/*.jsonl.gz"),
    "codexglue-refinement": ("bug2fix", "*/*.buggy"),
    "codexglue-translation": ("codetrans", "*.java"),
    "codexglue-completion": ("line_completion", "*/dev.json.gz"),
    "codexglue-concode": ("concode", "*.json"),
    "codexglue-cosqa": ("cosqa", "*.json"),
    "codexglue-cloze": ("codexglue_cloze", "*/*/clozeTest.json"),
    "conala": ("conala", "*.json"),
    "staqc": ("staqc", "*/*iids.txt"),
    "code-contests": ("code_contests", "*.jsonl"),
}


def counted(dataset, suffix_of=lambda place: place.rpartition(":")[0]) -> Counter[str]:
    """File -> rows kept and refused, from lineage."""
    found: Counter[str] = Counter()
    for row in dataset.rejects():
        found[suffix_of((row.get("lineage") or {}).get("upstream_id") or row["path"])] += 1
    for row in dataset:
        found[suffix_of(row.lineage.upstream_id)] += 1
    return found


@pytest.mark.parametrize("source", CASES)
def test_rows_in_are_rows_kept_and_refused(source, collect):
    folder, pattern = CASES[source]
    dataset = collect(source=source, path=str(DATA / folder))
    counts = dataset.card.counts
    expected = sum(rows_of(path) for path in files(folder, pattern))
    assert counts["kept"] + counts["rejected"] == expected
    assert all(row["reason"] and row["detail"] for row in dataset.rejects())


ALONE = {
    "codesearchnet",
    "codexglue-cosqa",
    "codexglue-cloze",
    "conala",
    "staqc",
    "code-contests",
}
"""Their rows have ids of their own, that don't name the file: each file is collected by itself."""


@pytest.mark.parametrize("source", CASES)
def test_each_file_adds_up_alone(source, collect):
    folder, pattern = CASES[source]
    if source in ALONE:
        for path in files(folder, pattern):
            counts = collect(source=source, path=str(path)).card.counts
            assert counts["kept"] + counts["rejected"] == rows_of(path) > 0, path
        return
    seen = counted(collect(source=source, path=str(DATA / folder)))
    for path in files(folder, pattern):
        name = path.relative_to(DATA / folder).as_posix()
        names = {name, name.removesuffix(".java"), name.removesuffix(".buggy")}
        assert sum(seen[n] for n in names) == rows_of(path) > 0, path


@pytest.mark.parametrize(
    ("folder", "left", "right"), [("bug2fix", ".buggy", ".fixed"), ("codetrans", ".java", ".cs")]
)
def test_both_files_of_a_pair_have_as_many_lines(folder, left, right):
    for path in files(folder, f"**/*{left}"):
        other = path.with_name(path.name.removesuffix(left) + right)
        assert len(text_of(path).split("\n")) == len(text_of(other).split("\n")), path


@pytest.mark.parametrize("folder", ["devign", "bigclonebench", "codepro"])
def test_each_file_of_the_sets_with_lists_adds_up(folder, collect):
    if folder == "codepro":
        for path in files(folder, "**/*.txt"):
            counts = collect(source="codepro", path=str(path)).card.counts
            rows = len(ast.literal_eval(text_of(path))) if "data_hnn" in path.parts else rows_of(path)
            assert counts["kept"] + counts["rejected"] == rows > 0, path
        return
    source = {"devign": "codexglue-defect", "bigclonebench": "codexglue-clone"}[folder]
    seen = counted(collect(source=source, path=str(DATA / folder)))
    names = ("test.jsonl.gz", "function_json_sample/function.json")
    if folder == "bigclonebench":
        names = ("test.txt", "tiny/train.txt", "tiny/valid.txt", "tiny/test.txt")
    assert set(seen) == set(names)
    for name in names:
        assert seen[name] == rows_of(DATA / folder / name) > 0, name


def test_each_problem_of_codenet_adds_up(collect, tmp_path):
    with tarfile.open(DATA / "codenet/reassembled.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    dataset = collect(source="codenet", path=str(tmp_path))
    handed_in: Counter[str] = Counter()
    for path in tmp_path.glob("*/metadata/p*.csv"):
        with path.open(newline="") as stream:
            handed_in[path.stem] = sum(1 for _ in csv.DictReader(stream))
    seen = Counter(row.problem_id for row in dataset for _ in row.programs)
    for row in dataset.rejects():  # a series that was never accepted is one refusal of several programs
        seen[row["problem_id"]] += max(1, len(row["programs"] or ()))
    assert seen == handed_in
    assert len(handed_in) == 40


COUNTED_ABOVE = (
    *(f"{folder}/{pattern}" for folder, pattern in CASES.values()),
    "bug2fix/*/*.fixed", "codetrans/*.cs",
    "devign/test.jsonl.gz", "devign/function_json_sample/function.json",
    "bigclonebench/test.txt", "bigclonebench/tiny/t*.txt", "bigclonebench/tiny/valid.txt",
    "codepro/*/*.txt", "codepro/code_search/main/pred/*.txt",
    "stackexchange/*/Posts.xml.gz", "codenet/reassembled.tar.gz",
)  # fmt: skip
NO_ROWS = {
    "README.md": "says what lies here",
    "codesearchnet/dataset/*/*.txt": "lists of urls: which rows are kept, test_lists_of_codesearchnet",
    "codesearchnet/resources/*": "queries and their judgements, for evaluation",
    "line_completion/*/literals.json": "the commonest literals",
    "devign/*.txt": "indices into the full function.json, which is not here",
    "devign/function_json_sample/*.txt": "indices into function.json beside them",
    "bigclonebench/data.jsonl.gz": "the functions that pairs name",
    "bigclonebench/tiny/data.jsonl": "the functions that pairs name",
    "godot_dodo/*": "names of repositories",
    "codenet/problem_list.csv": "the problems, without submissions",
    "codenet/problem_descriptions.tar.gz": "statements that submissions are joined with",
    "codenet/pie_py_reference.jsonl.gz": "another project's pairs; reassembled.tar.gz holds the same programs",
    **dict.fromkeys(
        (
            "apeval/*",
            "canitedit/*",
            "evalplus/*",
            "humaneval/*",
            "humanevalpack/*/*/*",
            "mbpp/*",
            "multipl_e/*",
        ),
        "a benchmark",
    ),
}


def test_no_file_is_left_out_unnamed():
    """A file that is added to the samples is counted by a test above, or said to hold no rows."""
    lies_here = {path for path in DATA.rglob("*") if path.is_file()}
    rows = {path for pattern in COUNTED_ABOVE for path in DATA.glob(pattern)}
    none = {path for pattern in NO_ROWS for path in DATA.glob(pattern)}
    assert all(list(DATA.glob(pattern)) for pattern in (*COUNTED_ABOVE, *NO_ROWS))
    assert rows & none == set()
    assert sorted(str(path.relative_to(DATA)) for path in lies_here - rows - none) == []


def test_defects_count_functions_and_lists_name_them(collect):
    dataset = collect(source="codexglue-defect", path=str(DATA / "devign"))
    expected = rows_of(DATA / "devign/test.jsonl.gz") + rows_of(
        DATA / "devign/function_json_sample/function.json"
    )
    assert dataset.card.counts["kept"] + dataset.card.counts["rejected"] == expected
    labels = Counter(row.output for row in dataset if "split:test" in row.tags)
    truth = Counter(
        json.loads(line)["target"] for line in text_of(DATA / "devign/test.jsonl.gz").splitlines()
    )
    sample = (DATA / "devign/function_json_sample/test.txt").read_text().split()
    assert labels == {"Yes": truth[1], "No": truth[0] + len(sample)}


def test_clones_count_pairs(collect):
    dataset = collect(source="codexglue-clone", path=str(DATA / "bigclonebench"))
    expected = sum(
        rows_of(path) for path in files("bigclonebench", "**/t*.txt") + files("bigclonebench", "**/valid.txt")
    )
    assert dataset.card.counts["kept"] + dataset.card.counts["rejected"] == expected
    truth = Counter(line.split("\t")[2] for line in text_of(DATA / "bigclonebench/test.txt").splitlines())
    labels = Counter(row.output for row in dataset if row.lineage.upstream_id.startswith("test.txt:"))
    assert labels == {"Yes": truth["1"], "No": truth["0"]}


def test_codepro_counts_blocks_and_lines(collect):
    dataset = collect(source="codepro", path=str(DATA / "codepro"))
    blocks = sum(len(ast.literal_eval(text_of(path))) for path in files("codepro/data_hnn", "*.txt"))
    lines = sum(rows_of(path) for path in files("codepro/code_search/main/pred", "*.txt"))
    assert dataset.card.counts["kept"] + dataset.card.counts["rejected"] == blocks + lines
    right = sum(
        block[5] for path in files("codepro/data_hnn", "*.txt") for block in ast.literal_eval(text_of(path))
    )
    assert dataset.card.counts["kept"] == right
    assert dataset.card.rejects["normalised code"] == lines


def test_stackexchange_accounts_for_every_row(collect):
    dataset = collect(source="stackexchange", path=str(DATA / "stackexchange"))
    text = gzip.decompress((DATA / "stackexchange/quantumcomputing/Posts.xml.gz").read_bytes())
    kinds = Counter(
        row.get("PostTypeId") for row in ElementTree.fromstring(text.removeprefix(b"\xef\xbb\xbf"))
    )
    skipped = dataset.card.results["quantumcomputing/Posts.xml.gz"]
    assert skipped["rows"] == sum(kinds.values())
    assert skipped["other_kinds"] == sum(kinds.values()) - kinds["1"] - kinds["2"]
    # A row kept is a question and the answer chosen; every other post of the two kinds is refused.
    assert 2 * len(dataset) + dataset.card.counts["rejected"] == kinds["1"] + kinds["2"]
    assert len(dataset) > 5
    assert set(dataset.card.licenses) <= {"CC-BY-SA-3.0", "CC-BY-SA-4.0"}


def test_codenet_accounts_for_every_submission(collect, tmp_path):
    with tarfile.open(DATA / "codenet/reassembled.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    dataset = collect(source="codenet", path=str(tmp_path))
    submissions = sum(rows_of(path) - 1 for path in tmp_path.glob("*/metadata/p*.csv"))
    assert sum(len(row.programs) for row in dataset) + dataset.card.counts["rejected"] == submissions


def test_lists_of_codesearchnet_keep_what_they_name(collect):
    dataset = collect(source="codesearchnet", path=str(DATA / "codesearchnet"))
    urls = {
        line.strip()
        for path in files("codesearchnet/dataset", "*/*.txt")
        for line in text_of(path).splitlines()
    }
    rows = [json.loads(line) for path in files("codesearchnet", "*/final/jsonl/*/*.jsonl.gz") for line in text_of(path).splitlines()]  # fmt: skip
    assert len(dataset) == sum(row["url"] in urls for row in rows)
    without = collect(source="codesearchnet", path=str(DATA / "codesearchnet/python"))
    assert len(without) == sum(row["language"] == "python" for row in rows)


def test_chinese_and_programming_languages_are_told(collect):
    rows = list(collect(source="codegpt", path=str(DATA / "codegpt_cn")))
    assert sum(row.language == "zh" for row in rows) / len(rows) > 0.99
    by_file = {row.programming_language for row in rows if row.lineage.path.startswith("code-basic/")}
    assert {"csharp", "cpp", "go", "python", "java"} <= by_file


def test_workers_change_nothing(collect, tmp_path):
    for source, folder in (("codexglue-clone", "bigclonebench"), ("stackexchange", "stackexchange")):
        with LocalEngine(2) as engine:
            context = StageContext(cache=tmp_path, engine=engine)
            two = run(CollectConfig(source=source, path=str(DATA / folder)), [], tmp_path / source, context)
        assert two.output_hash == collect(source=source, path=str(DATA / folder)).card.output_hash, source
