"""A finished dataset directory taken over from a folder, and from an S3 server on loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import fsspec
import pytest
import yaml
from moto.server import ThreadedMotoServer

from codetune.cli.main import run as codetune
from codetune.config.faults import build_settings
from codetune.errors import DataError, UsageError
from codetune.recipes.preview.recipe_preview import preview_recipe
from codetune.recipes.recipe import load_recipe
from codetune.recipes.stages import STAGES
from codetune.records import Snippet
from codetune.sources.finished.config import DatasetConfig
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset

PROJECT = Path(__file__).parents[2] / "data" / "project"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collected") / "snippets"
    assert codetune(["collect", "code", str(PROJECT), "-o", str(folder), "--workers", "1", "-q"]) == 0
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server: str, collected: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("s3fs")
    for name, value in {
        "AWS_ENDPOINT_URL": server, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    for path in collected.rglob("*"):
        if path.is_file():
            name = f"data/snippets/{path.relative_to(collected)}"
            client.put_object(Bucket="bucket", Key=name, Body=path.read_bytes())
    client.put_object(Bucket="bucket", Key="code/rows.jsonl", Body=b'{"instruction": "a", "output": "b"}\n')
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    return client


def take(path: str, output: Path, **more: Any) -> Any:
    return STAGES["dataset"].run(
        build_settings(DatasetConfig, {"path": path}),
        [],
        output,
        StageContext(cache=output.parent / "cache"),
        **more,
    )


def test_a_folder_is_copied_and_is_the_same_to_the_steps_after_it(collected: Path, tmp_path: Path) -> None:
    card = take(str(collected), tmp_path / "copy")
    assert card.output_hash == Dataset(collected).card.output_hash
    assert list(Dataset(tmp_path / "copy", Snippet)) == list(Dataset(collected, Snippet))
    assert card.licenses == Dataset(collected).card.licenses
    again = take(str(collected), tmp_path / "copy")
    assert again == card


def test_the_splits_of_a_mixture_come_along(tmp_path: Path) -> None:
    mixture = {"name": "m", "parts": [{"name": "p", "source": "alpaca", "path": str(tmp_path / "rows.jsonl"), "count": 60}],
               "splits": {"valid": 0.0, "test": 0.3}}  # fmt: skip
    (tmp_path / "rows.jsonl").write_text(
        "".join(f'{{"instruction": "do {n}", "input": "", "output": "word{n * 7919}"}}\n' for n in range(60))
    )
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(mixture))
    assert (
        codetune(
            ["mix", str(tmp_path / "m.yaml"), "-o", str(tmp_path / "m"), "--cache", str(tmp_path / "c"), "-q"]
        )
        == 0
    )
    take(str(tmp_path / "m"), tmp_path / "copy")
    assert len(Dataset(tmp_path / "copy" / "test")) == len(Dataset(tmp_path / "m" / "test")) > 0


def test_a_bucket_is_read_as_a_folder(bucket: Any, collected: Path, tmp_path: Path) -> None:
    card = take("s3://bucket/data/snippets", tmp_path / "copy")
    assert card.output_hash == Dataset(collected).card.output_hash
    assert list(Dataset(tmp_path / "copy", Snippet)) == list(Dataset(collected, Snippet))


def test_a_stopped_copy_goes_on_with_the_part_it_was_at(bucket: Any, collected: Path, tmp_path: Path) -> None:
    take("s3://bucket/data/snippets", tmp_path / "copy")
    (tmp_path / "copy" / "run.json").unlink()
    part = tmp_path / "copy" / "data" / "part-00000.parquet"
    before = part.stat().st_mtime_ns
    # As after a kill: parts are there, and the plan in place of the card.
    assert take("s3://bucket/data/snippets", tmp_path / "other").counts
    (tmp_path / "copy" / "plan.json").write_text(_plan_of(tmp_path / "other"))
    assert take("s3://bucket/data/snippets", tmp_path / "copy").output_hash
    assert part.stat().st_mtime_ns == before


def _plan_of(folder: Path) -> str:
    import json
    from dataclasses import asdict

    return json.dumps({"plan": asdict(Dataset(folder).card.plan), "seconds": 0.0})


def test_commands_and_recipes_take_addresses(bucket: Any, collected: Path, tmp_path: Path) -> None:
    here = ["--cache", str(tmp_path / "cache"), "--workers", "1", "-q"]
    assert codetune(["tasks", str(collected), "-o", str(tmp_path / "here"), *here]) == 0
    assert codetune(["tasks", "s3://bucket/data/snippets", "-o", str(tmp_path / "there"), *here]) == 0
    recipe = {
        "stages": [
            {"name": "found", "stage": "dataset", "with": {"path": "s3://bucket/data/snippets"}},
            {"name": "raw", "stage": "collect", "with": {"source": "alpaca", "path": "s3://bucket/code/rows.jsonl"}},
            {"name": "rows", "stage": "tasks", "from": ["found"]},
            {"name": "clean", "stage": "curate", "from": ["rows", "raw"]},
        ]
    }  # fmt: skip
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe))
    assert codetune(["run", str(tmp_path / "r.yaml"), "-o", str(tmp_path / "run"), *here]) == 0
    hashes = {Dataset(tmp_path / name).card.output_hash for name in ("here", "there", "run/rows")}
    assert len(hashes) == 1
    checked = Dataset(tmp_path / "run" / "clean").card.counts["checked"]
    assert checked == len(Dataset(tmp_path / "here")) + 1
    kinds = {name: kind.settings for name, kind in STAGES.items()}
    found = preview_recipe(load_recipe(tmp_path / "r.yaml", kinds), tmp_path / "another")
    assert found.faults == []


def test_what_is_wrong_is_said(
    bucket: Any, collected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, message in (
        (str(tmp_path / "nowhere"), "there is no such dataset directory"),
        (str(PROJECT), "not a finished dataset directory"),
        ("s3://bucket/code", "not a finished dataset directory"),
        ("s3://bucket/nothing", "there is nothing at this address"),
        ("https://example.org/data", "can't be listed over http"),
    ):
        with pytest.raises(DataError, match=message):
            take(path, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
    part = next(iter(sorted((collected / "data").glob("*.parquet"))))
    bucket.put_object(Bucket="bucket", Key=f"data/snippets/data/{part.name}", Body=b"PAR1 cut")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(DataError, match="the rows are not those that its run card is about"):
        take("s3://bucket/data/snippets", tmp_path / "copy")
    with pytest.raises(UsageError, match="reads no step"):
        STAGES["dataset"].run(
            DatasetConfig(path="x"), [collected], tmp_path / "copy", StageContext(cache=tmp_path / "cache")
        )
    assert codetune(["tasks", str(collected), "-o", "s3://bucket/out"]) == 2
    assert "output can't be written to an address (s3://bucket/out)" in capsys.readouterr().err.lower()
    assert not os.path.exists("s3:")
