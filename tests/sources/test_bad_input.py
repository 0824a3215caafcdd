"""What upstream files do when they are broken, other people's, or hostile."""

from __future__ import annotations

import functools
import gzip
import http.server
import io
import json
import tarfile
import threading
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pygit2
import pytest

from codetune.errors import ConfigError, DataError
from codetune.rejection import Rejection
from codetune.sources.files import decompression
from codetune.sources.files.input_files import InputFile
from codetune.sources.files.row_blocks import blocks, rows
from codetune.sources.registry import SOURCES, get_source
from codetune.sources.rows.signatures import source_of_row

GOOD = [{"instruction": f"do {i}", "input": "", "output": f"done {i}"} for i in range(5)]


def lines(items) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def reasons(dataset) -> list[str]:
    return [row["reason"] for row in dataset.rejects()]


def outputs(dataset) -> list[str]:
    return [row.output for row in dataset]


def read(path: Path, **options):
    return [pair for block in blocks(InputFile(path.name, str(path)), **options) for pair in rows(block)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'{"instruction": "a"}', "missing field"),
        (b'{"instruction": "a", "output": null}', "missing field"),
        (b'{"instruction": 3, "output": "b"}', "wrong type"),
        (b'{"instruction": "a", "output": ["b"]}', "wrong type"),
        (b'{"instruction": " ", "output": "b"}', "empty field"),
        (b'{"instruction": "a", "output": "b\\u0000c"}', "NUL bytes"),
        (b'{"instruction": "a", "output": "b\0c"}', "NUL bytes"),
        (b'{"instruction": "a", "output": "\\ud800"}', "lone surrogate"),
        (b'{"instruction": "caf\xe9", "output": "b"}', "not UTF-8"),
        (b'{"instruction": "a", "output": ', "not JSON"),
        (b'["a", "b"]', "not an object"),
        (b'{"instruction": "a", "output": "b", "response": "c"}', "contradicting fields"),
    ],
)
@pytest.mark.parametrize("others", [0, 3])
def test_a_broken_row_is_refused_with_its_place_and_the_rest_goes_on(tmp_path, collect, row, reason, others):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(lines(GOOD) + row + b"\n" + lines(GOOD[:others]))
    dataset = collect(source="alpaca", path=str(file))
    (refused,) = dataset.rejects()
    assert refused["reason"] == reason
    assert "rows.jsonl, row 6" in refused["detail"]
    assert refused["lineage"]["upstream_id"] == "rows.jsonl:6"
    assert outputs(dataset) == [item["output"] for item in GOOD + GOOD[:others]]


def test_marks_line_ends_and_blank_lines_are_no_fault(tmp_path, collect):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + lines(GOOD).replace(b"\n", b"\r\n\r\n").rstrip())
    dataset = collect(source="alpaca", path=str(file))
    assert outputs(dataset) == [item["output"] for item in GOOD]
    assert [row.lineage.upstream_id for row in dataset] == [f"rows.jsonl:{n}" for n in (1, 3, 5, 7, 9)]


def test_the_quick_way_gives_what_the_slow_one_gives(tmp_path, collect, monkeypatch):
    file = tmp_path / "rows.jsonl"
    odd = [
        {"instruction": "写一个函数", "input": "<noinput>", "output": "```python\nx = 1\n```"},
        {"instruction": "a", "output": ""},
        {"instruction": "b", "input": "```go\nx\n```", "output": "y", "more": {"a": [1]}},
        {"instruction": "c", "input": None, "output": "nul \0"},
    ]
    file.write_bytes(lines(GOOD + odd + GOOD[:2]))
    quick = collect(source="alpaca", path=str(file))
    monkeypatch.setattr(type(get_source("alpaca")), "table", lambda *_: None)
    slow = collect(source="alpaca", path=str(file))
    assert list(quick) == list(slow)
    assert list(quick.rejects()) == list(slow.rejects())
    assert {row.language for row in quick} == {"en", "zh"}
    assert {row.programming_language for row in quick} == {None, "python", "go"}


def test_the_quick_way_of_functions_gives_what_the_slow_one_gives(tmp_path, collect, monkeypatch):
    good = {"code": "x = 1", "language": "python", "func_name": "a.b", "docstring": "D.", "path": "p.py",
            "repo": "o/r", "sha": "c0ffee", "url": "https://e.org/p.py#L7-L9"}  # fmt: skip
    marked = {"language": "go", "docstring": "// Says so\n// twice.", "code": "func É() {}\r\n"}
    changes = [
        {},
        marked,
        {"docstring": "/* \n */", "language": "PHP", "url": None},
        {"func_name": " ", "repo": "", "url": "https://e.org/x#Lx"},
        {"code": " \n"},
        {"path": "a\0b"},
        {"docstring": None, "extra": [{"a": 1}], "url": "u#L12"},
    ]
    file = tmp_path / "rows.jsonl"
    for more in ([], [{"language": None}]):
        file.write_bytes(lines([{**good, **change} for change in changes + more]))
        quick = collect(source="codesearchnet", path=str(file))
        with monkeypatch.context() as patch:
            patch.setattr(type(get_source("codesearchnet")), "table", lambda *_: None)
            slow = collect(source="codesearchnet", path=str(file))
        assert list(quick) == list(slow)
        assert list(quick.rejects()) == list(slow.rejects())
        assert len(quick) == 5
        assert reasons(quick) == ["empty field", "NUL bytes", *(["missing field"] * len(more))]
        assert [row.start_line for row in quick] == [7, 7, None, None, 12]


@pytest.mark.parametrize("keep", [0.3, 0.8, 0.999])
def test_a_truncated_gzip_keeps_what_came_before(tmp_path, collect, keep):
    many = [{"instruction": f"do {i}", "output": f"{i * 7919 % 1000003:x}" * 9} for i in range(3000)]
    whole = gzip.compress(lines(many))
    file = tmp_path / "rows.jsonl.gz"
    file.write_bytes(whole[: int(len(whole) * keep)])
    dataset = collect(source="alpaca", path=str(file))
    assert reasons(dataset) == ["truncated gzip"]
    assert outputs(dataset) == [item["output"] for item in many[: len(dataset)]]
    assert len(dataset) > 3000 * keep * 0.5


def test_a_damaged_gzip_is_told_from_a_truncated_one(tmp_path, collect):
    whole = bytearray(gzip.compress(lines(GOOD * 500)))
    whole[-6] ^= 0xFF  # the checksum
    (tmp_path / "rows.jsonl.gz").write_bytes(whole)
    dataset = collect(source="alpaca", path=str(tmp_path / "rows.jsonl.gz"))
    assert reasons(dataset) == ["damaged gzip"]


def test_gzip_members_one_after_the_other_are_one_file(tmp_path, collect):
    (tmp_path / "r.jsonl.gz").write_bytes(
        gzip.compress(lines(GOOD[:2])) + gzip.compress(lines(GOOD[2:])) + b"\0\0"
    )
    assert len(collect(source="alpaca", path=str(tmp_path / "r.jsonl.gz"))) == 5


def test_an_archive_that_inflates_without_end_is_stopped(tmp_path, collect, monkeypatch):
    monkeypatch.setattr(decompression, "_FREE_BYTES", 1 << 20)
    (tmp_path / "z.jsonl.gz").write_bytes(gzip.compress(lines(GOOD) + b" " * (40 << 20)))
    assert "inflates without end" in reasons(collect(source="alpaca", path=str(tmp_path / "z.jsonl.gz")))
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.jsonl", lines(GOOD) + b" " * (40 << 20))
    with zipfile.ZipFile(tmp_path / "blank.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.jsonl", b" " * (40 << 20))
    assert "inflates without end" in reasons(collect(source="alpaca", path=str(tmp_path / "blank.zip")))
    assert "inflates without end" in reasons(collect(source="alpaca", path=str(tmp_path / "z.zip")))


def test_blank_lines_at_the_start_hide_no_rows(tmp_path, collect):
    blank = b"\n" * (9 << 20)  # more than a block
    (tmp_path / "r.jsonl").write_bytes(blank + lines(GOOD))
    dataset = collect(source="alpaca", path=str(tmp_path / "r.jsonl"))
    assert len(dataset) == 5
    assert next(iter(dataset)).lineage.upstream_id == f"r.jsonl:{len(blank) + 1}"


def test_a_zip_is_read_in_place_and_paths_outside_are_refused(tmp_path, collect):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("data/b.jsonl", lines(GOOD))
        archive.writestr("data/c.json.gz", gzip.compress(json.dumps(GOOD[:1]).encode()))
        archive.writestr("../evil.jsonl", lines(GOOD))
        archive.writestr("readme.txt", "x")
    dataset = collect(source="alpaca", path=str(tmp_path / "a.zip"))
    assert len(dataset) == 6
    assert reasons(dataset) == ["path outside the archive"]
    assert not (tmp_path.parent / "evil.jsonl").exists()


def test_a_truncated_zip_is_one_sentence(tmp_path, collect):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.jsonl", lines(GOOD))
    (tmp_path / "a.zip").write_bytes(buffer.getvalue()[:-30])
    with pytest.raises(DataError, match="cut short or damaged"):
        collect(source="alpaca", path=str(tmp_path / "a.zip"))


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_array_cut_short_keeps_its_whole_elements(tmp_path, collect, indent):
    text = json.dumps(GOOD, indent=indent).encode()
    third = text.index(b"do 3")
    (tmp_path / "r.json").write_bytes(text[:third])
    dataset = collect(source="alpaca", path=str(tmp_path / "r.json"))
    assert outputs(dataset) == ["done 0", "done 1", "done 2"]
    (refused,) = dataset.rejects()
    assert refused["reason"] == "array cut short"
    assert "row 4" in refused["detail"]
    (tmp_path / "r.json").write_bytes(text.rstrip().removesuffix(b"]"))
    dataset = collect(source="alpaca", path=str(tmp_path / "r.json"))
    assert len(dataset) == 5
    assert reasons(dataset) == ["array cut short"]


def test_a_broken_element_of_an_array_does_not_take_the_others_along(tmp_path, collect):
    text = json.dumps(GOOD).replace('"done 2"', '"done 2')
    (tmp_path / "r.json").write_text(text)
    dataset = collect(source="alpaca", path=str(tmp_path / "r.json"))
    assert outputs(dataset) == ["done 0", "done 1", "done 3", "done 4"]
    assert reasons(dataset) == ["not JSON"]


def test_arrays_are_cut_where_elements_end_and_nowhere_else(tmp_path):
    items = [{"a": 'x"}, {"b": "' * 3, "n": i, "deep": [{"c": [1, {"d": "]"}]}]} for i in range(400)]
    for number, text in enumerate(
        (json.dumps(items), json.dumps(items, indent=1), json.dumps(items, separators=(",", ":")))
    ):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        for size in (97, 1000, 1 << 20):
            assert [value for _, value in read(path, size=size)] == items
            assert [n for n, _ in read(path, size=size)] == list(range(1, 401))


def test_one_object_with_its_rows_in_a_list(tmp_path, collect):
    (tmp_path / "r.json").write_text(json.dumps({"version": 1, "data": GOOD}, indent=2))
    assert len(collect(source="alpaca", path=str(tmp_path / "r.json"))) == 5


def test_parquet_is_read_and_a_damaged_one_refused(tmp_path, collect):
    pq.write_table(pa.Table.from_pylist(GOOD), tmp_path / "r.parquet")
    assert outputs(collect(source="alpaca", path=str(tmp_path / "r.parquet"))) == [
        item["output"] for item in GOOD
    ]
    data = (tmp_path / "r.parquet").read_bytes()
    (tmp_path / "r.parquet").write_bytes(data[:-20])
    assert reasons(collect(source="alpaca", path=str(tmp_path / "r.parquet"))) == ["damaged Parquet file"]


def test_a_file_in_utf_16_says_so(tmp_path, collect):
    (tmp_path / "r.jsonl").write_bytes(lines(GOOD).decode().encode("utf-16"))
    assert reasons(collect(source="alpaca", path=str(tmp_path / "r.jsonl"))) == ["not UTF-8"]


EXAMPLES = {
    "cursorcore": {"history": [], "current": {"code": "a"}, "user": "", "chat": "", "next": {"code": "b"}},
    "cursorcore-histories": {"code1": "a", "code2": "b", "lang": "python", "git": "Add b"},
    "commitpack": {
        "old_contents": "a",
        "new_contents": "b",
        "subject": "s",
        "message": "s",
        "new_file": "a.py",
    },
    "codesearchnet": {
        "code": "x",
        "docstring": "d",
        "func_name": "f",
        "language": "go",
        "repo": "r",
        "url": "u",
    },
    "codexglue-cosqa": {"doc": "q", "code": "c", "label": 1, "idx": "1"},
    "codexglue-concode": {"nl": "n", "code": "c"},
    "codexglue-completion": {"input": "<s> a", "gt": "b"},
    "codexglue-defect": {"func": "f", "target": 1, "project": "p"},
    "conala": {"intent": "i", "snippet": "s", "question_id": 1},
    "codegpt": {"user": "u", "assistant": "a", "thought": ""},
    "messages": {"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]},
    "sharegpt": {"conversations": [{"from": "human", "value": "u"}, {"from": "gpt", "value": "a"}]},
    "alpaca": {"instruction": "i", "input": "", "output": "o"},
    "gpteacher": {"instruction": "i", "input": "", "response": "o"},
    "tssb": {"before": "a", "after": "b", "diff": "", "project": "p"},
    "code-contests": {
        "description": "d",
        "solutions": {"language": [3], "solution": ["print(1)"]},
        "name": "n",
    },
}


@pytest.mark.parametrize("theirs", EXAMPLES)
def test_another_sources_file_is_named(tmp_path, collect, theirs):
    file = tmp_path / "data.jsonl"
    file.write_bytes(lines([EXAMPLES[theirs]] * 3))
    assert source_of_row(EXAMPLES[theirs]) == theirs
    asked = "commitpack" if theirs != "commitpack" else "codesearchnet"
    with pytest.raises(DataError, match=f"looks like the source {theirs}") as error:
        collect(source=asked, path=str(file), output=tmp_path / "out")
    assert error.value.exit_code == 2
    assert not (tmp_path / "out").exists()


FOREIGN = {
    "stackexchange": ("Posts.xml", b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\r\n<posts>\r\n  <row Id="1" />\r\n'),
    "codepro": ("python_blocks_labeled.txt", b"[[(9, 0), [['a'], [-10000]], [['x = 1']], ['How?'], 1, 1], [(9, 1),"),
    "codexglue-clone": ("test.txt", b"13653451\t21955002\t0\n1188160\t8831513\t1\n"),
    "codenet": ("p00001.csv", b"submission_id,problem_id,user_id,date,language\ns1,p00001,u1,1,Python\n"),
    "codexglue-translation": ("train.java-cs.txt.cs", b"public int F() { return 1; }\n"),
    "codexglue-refinement": ("test.buggy-fixed.buggy", b"public int METHOD_1 ( ) { }\n"),
    "staqc": ("sql_multi_code_iids.txt", b"(12, 0)\r\n(12, 1)\r\n"),
    "codexglue-defect": ("train.txt", b"0\n1\n2\n3\n"),
    "codesearchnet": ("test.txt", b"https://github.com/o/r/blob/c0/f.go#L1-L9\n"),
    "code": ("sort.py", b"def f():\n    return 1\n"),
}  # fmt: skip


@pytest.mark.parametrize("packed", ["plain", "gz", "folder"])
@pytest.mark.parametrize("theirs", FOREIGN)
def test_another_sources_file_that_is_no_json_is_named_too(tmp_path, collect, theirs, packed):
    name, data = FOREIGN[theirs]
    path = tmp_path / "given" / name
    path.parent.mkdir()
    path.write_bytes(data)
    if packed == "gz":
        path = path.rename(path.with_name(name + ".gz"))
        path.write_bytes(gzip.compress(data))
    for asked in ("alpaca", "commitpack", "codexglue-completion", "conala"):
        with pytest.raises(DataError, match=f"it looks like the source {theirs}\\.$") as error:
            collect(
                source=asked, path=str(path.parent if packed == "folder" else path), output=tmp_path / "out"
            )
        assert error.value.exit_code == 2
        assert "\n" not in str(error.value)
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("source", sorted(set(SOURCES)))
def test_every_source_names_the_one_that_a_foreign_file_is_of(tmp_path, collect, source):
    theirs = "stackexchange" if source != "stackexchange" else "codepro"
    name, data = FOREIGN[theirs]
    (tmp_path / name).write_bytes(data)
    more = {"map": {"instruction": "ask", "output": "say"}} if source == "generic" else {}
    with pytest.raises(DataError, match=f"it looks like the source {theirs}\\.$"):
        collect(source=source, path=str(tmp_path / name), **more)
    rows = tmp_path / "rows"
    rows.mkdir()
    theirs = "conala" if source != "conala" else "codexglue-cosqa"
    (rows / "rows.json").write_text(json.dumps([EXAMPLES[theirs]] * 3))
    with pytest.raises(DataError, match=f"it looks like the source {theirs}\\.$"):
        collect(source=source, path=str(rows), **more)


def test_an_archive_of_another_source_is_named(tmp_path, collect):
    with tarfile.open(tmp_path / "Project_CodeNet.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("Project_CodeNet/metadata/p00001.csv")
        archive.addfile(entry, io.BytesIO())
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr("small/train.buggy-fixed.buggy", "a\n")
    for name, theirs in (("Project_CodeNet.tar.gz", "codenet"), ("a.zip", "codexglue-refinement")):
        with pytest.raises(DataError, match=f"it looks like the source {theirs}"):
            collect(source="codesearchnet", path=str(tmp_path / name))


def test_a_table_that_no_source_reads_says_what_to_do(tmp_path, collect):
    (tmp_path / "t.csv").write_text("instruction,output\na,b\n")
    with pytest.raises(DataError, match="write it as JSON Lines or Parquet"):
        collect(source="alpaca", path=str(tmp_path / "t.csv"))


def test_a_folder_whose_first_file_is_another_kind_of_json_is_read(tmp_path, collect):
    (tmp_path / "a.json").write_text(json.dumps({"version": 1}))
    (tmp_path / "b.jsonl").write_bytes(b"\n".join([b"no json"] * 300))
    (tmp_path / "c.jsonl").write_bytes(lines(GOOD))
    dataset = collect(source="alpaca", path=str(tmp_path))
    assert len(dataset) == 5
    assert len(reasons(dataset)) == 301


def test_git_reads_no_file_and_never_the_repository_around_it(tmp_path, collect):
    (tmp_path / "data").mkdir()
    pygit2.init_repository(str(tmp_path))
    (tmp_path / "data" / "rows.jsonl").write_bytes(lines(GOOD))
    with pytest.raises(DataError, match=r"reads a repository's folder.*looks like the source alpaca"):
        collect(source="git", path=str(tmp_path / "data" / "rows.jsonl"))


@pytest.mark.parametrize("source", sorted(set(SOURCES) - {"code"}))
def test_no_path_nothing_there_and_a_foreign_file_are_sentences(tmp_path, collect, source):
    (tmp_path / "empty").mkdir()
    (tmp_path / "foreign.txt").write_text("just a few words\n")
    more = {"map": {"instruction": "ask", "output": "say"}} if source == "generic" else {}
    for path in (None, str(tmp_path / "none"), str(tmp_path / "empty"), str(tmp_path / "foreign.txt")):
        with pytest.raises(DataError) as error:
            collect(source=source, path=path, output=tmp_path / "out", **more)
        assert "\n" not in str(error.value)
        assert "looks like" not in str(error.value)
        assert not (tmp_path / "out").exists()


def test_seven_zip_is_named_with_what_to_do(tmp_path, collect):
    (tmp_path / "site.7z").write_bytes(b"7z\xbc\xaf")
    for path in (tmp_path / "site.7z", tmp_path):
        with pytest.raises(DataError, match=r"unpack .*7z x"):
            collect(source="stackexchange", path=str(path))


def test_lists_with_unknown_ids(tmp_path, collect):
    functions = [{"func": f"int f{i}() {{ return {i}; }}", "target": i % 2, "project": "p"} for i in range(3)]
    (tmp_path / "function.json").write_text(json.dumps(functions))
    (tmp_path / "train.txt").write_text("0\n1\n7\nseven\n")
    dataset = collect(source="codexglue-defect", path=str(tmp_path))
    assert len(dataset) == 2
    assert sorted(reasons(dataset)) == ["not an index", "not in the lists", "unknown id in the list"]
    csn = tmp_path / "csn"
    (csn / "dataset" / "go").mkdir(parents=True)
    (csn / "a.jsonl").write_bytes(lines([EXAMPLES["codesearchnet"]]))
    (csn / "dataset" / "go" / "train.txt").write_text("u\nhttps://example.org/unknown#L1-L2\n")
    dataset = collect(source="codesearchnet", path=str(csn))
    assert len(dataset) == 1
    (refused,) = dataset.rejects()
    assert refused["reason"] == "unknown id in the list"
    assert "train.txt, row 2" in refused["detail"]
    clone = tmp_path / "clone"
    clone.mkdir()
    (clone / "data.jsonl").write_bytes(
        lines([{"func": "int a;", "idx": "1"}, {"func": "int b;", "idx": "2"}])
    )
    (clone / "test.txt").write_text("1\t2\t0\n1\t9\t1\n1\t2\n1\t2\tx\n")
    dataset = collect(source="codexglue-clone", path=str(clone))
    assert reasons(dataset) == ["unknown id in the list", "wrong number of fields", "wrong type"]


def test_parallel_files_of_unequal_length(tmp_path, collect):
    (tmp_path / "train.java-cs.txt.java").write_text("a\nb\nc\n\n")
    (tmp_path / "train.java-cs.txt.cs").write_text("A\n\nC")
    dataset = collect(source="codexglue-translation", path=str(tmp_path))
    assert len(dataset) == 2
    assert sorted(reasons(dataset)) == ["empty field", "no counterpart"]


def test_a_pickle_that_wants_to_run_something_is_refused(tmp_path, collect):
    (tmp_path / "python_multi_code_iids.txt").write_text("(1, 0)\n")
    marker = tmp_path / "ran"
    import os
    import pickle

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    (tmp_path / "python_multi_iid_to_code.pickle").write_bytes(pickle.dumps({(1, 0): Evil()}))
    assert reasons(collect(source="staqc", path=str(tmp_path))) == ["pickle refused"]
    assert not marker.exists()


def test_an_unknown_source_is_named_with_the_nearest(collect):
    with pytest.raises(ConfigError, match="did you mean codealpaca"):
        collect(source="codealpacca", path="x")


@pytest.fixture
def served(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_url_is_streamed(served, collect):
    folder, address = served
    (folder / "rows.jsonl.gz").write_bytes(gzip.compress(lines(GOOD)))
    dataset = collect(source="alpaca", path=f"{address}/rows.jsonl.gz")
    assert outputs(dataset) == [item["output"] for item in GOOD]
    with pytest.raises(DataError, match="can't be read"):
        collect(source="alpaca", path=f"{address}/none.jsonl")


def test_row_faults_carry_words_that_can_be_counted():
    fault = Rejection("not JSON", "x")
    assert (fault.reason, fault.detail) == ("not JSON", "x")
