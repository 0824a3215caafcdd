"""Small things that tests of sources share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from codetune.engine.local import LocalEngine
from codetune.sources.config import CollectConfig
from codetune.sources.stage import run
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset


def data_root() -> Path:
    """Where the real samples of upstream data lie."""
    return Path(os.environ.get("CODETUNE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


needs_data = pytest.mark.skipif(
    not data_root().is_dir(), reason=f"real samples are not here: {data_root()} (set CODETUNE_DATA)"
)


@pytest.fixture
def collect(tmp_path: Path) -> Callable[..., Dataset]:
    """Collect with keyword settings into a new folder and open what came of it."""
    made = 0

    def do(*, workers: int = 1, seed: int = 0, output: Path | None = None, **settings: object) -> Dataset:
        nonlocal made
        made += 1
        folder = output or tmp_path / f"collected{made}"
        with LocalEngine(workers) as engine:
            context = StageContext(cache=tmp_path / "cache", engine=engine, seed=seed)
            run(CollectConfig.model_validate(settings), [], folder, context)
        return Dataset(folder)

    return do
