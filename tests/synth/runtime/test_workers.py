"""Several workers, the same endpoints: one limit for all, and the same rows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.synth.conftest import ModelServer, snippet, write_dataset
from tests.synth.test_stage import data_bytes

from codetune.engine.local import LocalEngine
from codetune.engine.progress import SilentProgress
from codetune.engine.protocol import Engine
from codetune.records import Snippet
from codetune.store.context import StageContext
from codetune.synth.config import SynthConfig
from codetune.synth.stage import run

PER_MINUTE = 240
ROWS = 48


def settings(tmp_path: Path, server: ModelServer, **endpoint: object) -> SynthConfig:
    path = tmp_path / "models.json"
    path.write_text(json.dumps({"m": {"base": server.url, **endpoint}}))
    return SynthConfig(profile="small", model="m", model_map=path, part_rows=4, options={"complete": False})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [
        snippet(f"def add_{i}(x):\n    return x + {i}\n", f"add_{i}", f"Add {i} to x.") for i in range(ROWS)
    ]
    return write_dataset(tmp_path / "in", Snippet, [rows])


def hold_to_one_limit(
    engine: Engine, source: Path, tmp_path: Path, context: StageContext, server: ModelServer
) -> None:
    alone = settings(tmp_path, server)
    run(alone, [source], tmp_path / "alone", replace(context, cache=tmp_path / "alone-cache"))
    server.asked_at.clear()
    limited = settings(tmp_path, server, requests_per_minute=PER_MINUTE)
    run(
        limited,
        [source],
        tmp_path / "shared",
        replace(context, engine=engine, cache=tmp_path / "shared-cache"),
    )
    assert data_bytes(tmp_path / "alone") == data_bytes(tmp_path / "shared")
    assert len(server.asked_at) == ROWS
    # A bucket of five seconds' worth (20) goes out at once, then four a second. Workers with limits
    # of their own would start each of the twelve parts with another bucket.
    least = (ROWS - PER_MINUTE / 12 - 2) / (PER_MINUTE / 60)
    assert server.asked_at[-1] - server.asked_at[0] > least


def test_processes_keep_one_limit(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    with LocalEngine(2) as engine:
        hold_to_one_limit(engine, source, tmp_path, context, model_server)


@pytest.mark.slow
def test_workers_of_a_ray_cluster_keep_one_limit(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    pytest.importorskip("ray")
    from codetune.engine.ray import RayEngine

    with RayEngine(workers=2) as engine:
        hold_to_one_limit(engine, source, tmp_path, context, model_server)


class Notes(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_a_run_that_only_one_process_can_make_says_so(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    told = Notes()
    config = settings(tmp_path, model_server).model_copy(update={"budget": "1h"})
    with LocalEngine(2) as engine:
        run(config, [source], tmp_path / "out", replace(context, engine=engine, progress=told))
    assert "one worker, since a budget is kept by one process" in told.notes
