"""Files in an object store: a real S3 protocol server on loopback, read through s3fs."""

from __future__ import annotations

import gzip
import io
import json

import boto3
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from codetune.errors import DataError, MissingExtraError
from codetune.sources.files import remote

ROWS = [
    {"instruction": f"do {i}", "input": "", "output": f"{i * 7919 % 1000003:x}" * 20} for i in range(3000)
]
TEXT = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)


def parquet() -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), held, row_group_size=500)
    return held.getvalue()


FILES = {
    "rows/a.jsonl": TEXT,
    "rows/deep/b.jsonl.gz": gzip.compress(TEXT),
    "rows/c.parquet": parquet(),
    "rows/README.md": b"# Rows",
    "packed/rows.zip": b"PK",
}


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(server, monkeypatch):
    for name, value in {
        "AWS_ENDPOINT_URL": server, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    for key, data in FILES.items():
        client.put_object(Bucket="bucket", Key=key, Body=data)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    return client


@pytest.mark.parametrize("name", ["a.jsonl", "deep/b.jsonl.gz", "c.parquet"])
def test_a_file_of_a_bucket_is_read_as_it_would_be_here(store, collect, name):
    dataset = collect(source="alpaca", path=f"s3://bucket/rows/{name}")
    assert [(row.instruction, row.output) for row in dataset] == [
        (r["instruction"], r["output"]) for r in ROWS
    ]


def test_a_folder_of_a_bucket_is_all_its_files_that_can_be_read(store, collect):
    dataset = collect(source="alpaca", path="s3://bucket/rows")
    places = [row.lineage.upstream_id.rpartition(":")[0] for row in dataset]
    assert {place: places.count(place) for place in places} == {
        "a.jsonl": 3000, "c.parquet": 3000, "deep/b.jsonl.gz": 3000,
    }  # fmt: skip


def test_the_stores_mark_is_the_identity(store):
    first = remote.identity("s3://bucket/rows/a.jsonl")
    assert remote.identity("s3://bucket/rows/a.jsonl") == first
    store.put_object(Bucket="bucket", Key="rows/a.jsonl", Body=TEXT[:-10])
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    assert remote.identity("s3://bucket/rows/a.jsonl") != first


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("s3://bucket/none", "no file that can be read was found"),
        ("s3://nowhere/rows", "Not Found"),
        ("s3://bucket/packed/rows.zip", "archives are not read over the network"),
    ],
)
def test_what_is_not_there_is_one_sentence(store, collect, tmp_path, path, says):
    with pytest.raises(DataError, match=says) as error:
        collect(source="alpaca", path=path, output=tmp_path / "out")
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_without_credentials_the_sentence_names_them(store, collect, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(DataError, match=r"access to it is refused .*AWS_PROFILE"):
        collect(source="alpaca", path="s3://bucket/rows/a.jsonl")


def test_a_scheme_whose_package_is_missing_names_the_extra(collect, monkeypatch):
    def absent(name: str, **_: object) -> None:
        raise ImportError(f"Please install {name}")

    monkeypatch.setattr(fsspec, "filesystem", absent)
    with pytest.raises(MissingExtraError, match=r"\[gcs\]"):
        collect(source="alpaca", path="gs://bucket/rows.jsonl")
