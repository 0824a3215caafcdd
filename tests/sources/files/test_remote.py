"""Data sets on the hub (a stand-in that speaks its API) and files behind a URL: whole, cut, refused, slow."""

from __future__ import annotations

import gzip
import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codetune.errors import DataError
from codetune.sources.files import remote

from .hub_server import HubServer

huggingface_hub = pytest.importorskip("huggingface_hub")

ROWS = [
    {"instruction": f"do {i}", "input": "", "output": f"{i * 7919 % 1000003:x}" * 20} for i in range(3000)
]
TEXT = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)


def parquet() -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), held, row_group_size=500)
    return held.getvalue()


FILES = {
    "README.md": b"# Rows",
    ".gitattributes": b"*.gz filter=lfs",
    "data/a.jsonl": TEXT,
    "data/deep/b.jsonl.gz": gzip.compress(TEXT),
    "data/c.parquet": parquet(),
    "data/d.json": json.dumps(ROWS[:7]).encode(),
}


@pytest.fixture
def hub(monkeypatch):
    with HubServer({"owner/rows": dict(FILES), "owner/words": {"README.md": b"words"}}) as server:
        system = huggingface_hub.HfFileSystem
        # What the client reads from HF_ENDPOINT when it is imported.
        monkeypatch.setattr(remote, "_hub", lambda: system(endpoint=server.address, skip_instance_cache=True))
        yield server


@pytest.mark.parametrize("name", ["data/a.jsonl", "data/deep/b.jsonl.gz", "data/c.parquet"])
@pytest.mark.parametrize(
    "address", ["hf://owner/rows/{}", "hf://datasets/owner/rows/{}", "hf://owner/rows@c0ffee/{}"]
)
def test_a_file_of_a_data_set_is_read_as_it_would_be_here(hub, collect, name, address):
    dataset = collect(source="alpaca", path=address.format(name))
    assert [(row.instruction, row.output) for row in dataset] == [
        (r["instruction"], r["output"]) for r in ROWS
    ]
    assert dataset.card.counts["rejected"] == 0


def test_a_data_set_is_all_its_files_that_can_be_read(hub, collect):
    dataset = collect(source="alpaca", path="hf://owner/rows")
    places = [row.lineage.upstream_id.rpartition(":")[0] for row in dataset]
    assert {place: places.count(place) for place in places} == {
        "data/a.jsonl": 3000, "data/c.parquet": 3000, "data/d.json": 7, "data/deep/b.jsonl.gz": 3000,
    }  # fmt: skip
    folder = collect(source="alpaca", path="hf://owner/rows/data/deep")
    assert len(folder) == 3000


def test_a_text_file_is_streamed_over_one_connection(hub, collect):
    collect(source="alpaca", path="hf://owner/rows/data/deep/b.jsonl.gz")
    bodies = [
        (path, asked) for method, path, asked in hub.asked if method == "GET" and path.startswith("/cdn")
    ]
    assert len(bodies) == 2  # the look at the first rows, and the reading
    assert {asked for _, asked in bodies} == {None}


def test_a_lost_connection_is_taken_up_where_it_was_lost(hub, collect):
    hub.cut = {"data/a.jsonl": 300_000}
    hub.cuts = range(2, 3)  # the first one is the look at the first rows
    dataset = collect(source="alpaca", path="hf://owner/rows/data/a.jsonl")
    assert [row.output for row in dataset] == [row["output"] for row in ROWS]
    assert any(asked and asked.startswith("bytes=") for _, _, asked in hub.asked)


@pytest.mark.parametrize("name", ["data/a.jsonl", "data/deep/b.jsonl.gz"])
def test_a_connection_that_is_lost_again_and_again_is_one_sentence(hub, collect, tmp_path, name):
    hub.cut = {name: 20_000}
    hub.cuts = range(1, 1_000)
    with pytest.raises(DataError, match="can't be read") as error:
        collect(source="alpaca", path=f"hf://owner/rows/{name}", output=tmp_path / "out")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out" / "run.json").exists()


def test_the_hubs_mark_is_the_identity(hub, collect, tmp_path):
    first = collect(source="alpaca", path="hf://owner/rows/data/d.json", output=tmp_path / "one").card
    again = collect(source="alpaca", path="hf://owner/rows/data/d.json", output=tmp_path / "two").card
    hub.repositories["owner/rows"]["data/d.json"] = json.dumps(ROWS[1:8]).encode()
    other = collect(source="alpaca", path="hf://owner/rows/data/d.json", output=tmp_path / "three").card
    assert first.plan.inputs == again.plan.inputs != other.plan.inputs


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("hf://owner/unknown", "repository not found"),
        ("hf://owner/rows@nope", "revision not found"),
        ("hf://owner/rows/data/none.jsonl", "no file that can be read was found"),
        ("hf://owner/words", "no file that can be read was found"),
        ("hf://owner", "Repository id must be"),
        ("hf://owner/gated", "gave access to named users only"),
    ],
)
def test_what_is_not_there_or_not_for_everybody_is_one_sentence(hub, collect, tmp_path, path, says):
    hub.repositories["owner/gated"] = {"a.jsonl": TEXT}
    hub.gated = {"owner/gated"}
    with pytest.raises(DataError, match=says) as error:
        collect(source="alpaca", path=path, output=tmp_path / "out")
    assert "\n" not in str(error.value)
    assert "  " not in str(error.value)
    assert error.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_token_opens_a_gated_data_set(hub, collect, monkeypatch):
    hub.repositories["owner/gated"] = {"a.jsonl": TEXT}
    hub.gated = {"owner/gated"}
    system = huggingface_hub.HfFileSystem
    monkeypatch.setattr(
        remote, "_hub", lambda: system(endpoint=hub.address, token="hf_right", skip_instance_cache=True)
    )
    assert len(collect(source="alpaca", path="hf://owner/gated")) == 3000


def test_another_sources_data_set_is_named(hub, collect):
    with pytest.raises(DataError, match="looks like the source alpaca"):
        collect(source="conala", path="hf://owner/rows/data/a.jsonl")


def test_no_network_is_one_sentence(collect, monkeypatch, tmp_path):
    system = huggingface_hub.HfFileSystem
    monkeypatch.setattr(
        remote, "_hub", lambda: system(endpoint="http://127.0.0.1:9", skip_instance_cache=True)
    )
    for path in ("hf://owner/rows", "http://127.0.0.1:9/rows.jsonl"):
        with pytest.raises(DataError, match=r"can't be read: .*refused") as error:
            collect(source="alpaca", path=path, output=tmp_path / "out")
        assert "\n" not in str(error.value)


class _Odd(BaseHTTPRequestHandler):
    """A plain server with bad days: the path says which."""

    cuts = 0
    """How many more answers to `/breaks/` and `/changes/` end early."""
    was_read = threading.Event()

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        kind = self.path.strip("/").partition("/")[0]
        if kind == "gone":
            self.send_error(404)
            return
        if kind == "moved":
            self.send_response(302)
            self.send_header("Location", "/whole/rows.jsonl")
            self.end_headers()
            return
        if kind in ("breaks", "changes", "restarts"):
            self._breaking(kind)
            return
        self.send_response(200)
        if kind != "unsized":
            self.send_header("Content-Length", str(len(TEXT)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if kind == "cut":
            self.wfile.write(TEXT[: len(TEXT) // 2])
        elif kind == "silent":
            self.wfile.write(TEXT[:1000])
            self.wfile.flush()
            time.sleep(1)
        elif kind == "slow":
            for start in range(0, len(TEXT), 40_000):
                self.wfile.write(TEXT[start : start + 40_000])
                self.wfile.flush()
                time.sleep(0.03)
        else:
            self.wfile.write(TEXT)

    def _breaking(self, kind):
        start = 0
        if kind != "restarts" and (wanted := self.headers.get("Range")):
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(TEXT) - start))
        self.send_header("ETag", '"second"' if kind == "changes" and start else '"first"')
        self.end_headers()
        if self.command == "HEAD":
            return
        end = len(TEXT)
        if _Odd.cuts:
            _Odd.cuts -= 1
            end = min(end, start + len(TEXT) // 3)
        self.wfile.write(TEXT[start:end])
        self.wfile.flush()
        if end < len(TEXT):
            _Odd.was_read.wait(20)  # a connection that ends before its bytes were read has brought none


@pytest.fixture
def odd():
    _Odd.cuts = 0
    _Odd.was_read.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Odd)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("kind", ["whole", "moved", "slow", "unsized"])
def test_a_url_gives_all_its_rows(odd, collect, kind):
    dataset = collect(source="alpaca", path=f"{odd}/{kind}/rows.jsonl")
    assert [row.output for row in dataset] == [row["output"] for row in ROWS]


@pytest.mark.parametrize(("kind", "says"), [("gone", "Not Found"), ("cut", "after .* bytes: the connection ended early"), ("silent", "timed out")])  # fmt: skip
def test_a_url_that_fails_is_one_sentence_and_nothing_is_called_done(
    odd, collect, tmp_path, monkeypatch, kind, says
):
    monkeypatch.setattr(remote, "_TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(remote, "_WAIT_SECONDS", 0)
    with pytest.raises(DataError, match=says) as error:
        collect(source="alpaca", path=f"{odd}/{kind}/rows.jsonl?token=secret", output=tmp_path / "out")
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out" / "run.json").exists()


@pytest.mark.parametrize("kind", ["breaks", "restarts"])
@pytest.mark.parametrize("cuts", [1, 2])
def test_a_url_that_is_cut_is_taken_up_where_it_was_cut(odd, monkeypatch, kind, cuts):
    monkeypatch.setattr(remote, "_WAIT_SECONDS", 0)
    _Odd.cuts = cuts
    with remote.open_remote(f"{odd}/{kind}/rows.jsonl") as stream:
        first = stream.read(1000)
        _Odd.was_read.set()
        assert first + stream.read() == TEXT
    assert _Odd.cuts == 0


def test_a_file_that_changes_between_two_connections_is_not_put_together(odd, monkeypatch):
    monkeypatch.setattr(remote, "_WAIT_SECONDS", 0)
    _Odd.cuts = 1
    with remote.open_remote(f"{odd}/changes/rows.jsonl") as stream:
        stream.read(1000)
        _Odd.was_read.set()
        with pytest.raises(DataError, match="the file changed while it was read"):
            stream.read()
