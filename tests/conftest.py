"""What tests of every package use."""

from __future__ import annotations

import os

# One thread for each test: OpenMP's threads wait for each other in a busy loop, which takes many times
# as long on a machine whose cores are taken. It is set before the first import of torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest
from hypothesis import settings

from codetune.store.cache import CACHE_VARIABLE
from codetune.store.context import StageContext

ROOT = Path(__file__).parent.parent

# A machine that gates changes repeats the same examples; people's machines go on looking for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile("repeatable" if os.environ.get("CI") else "searching")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real samples in the upstream formats; a test that needs them skips where they are absent."""
    folder = Path(os.environ.get("CODETUNE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the data samples are not at {folder} (set CODETUNE_DATA)")
    return folder


@pytest.fixture(autouse=True)
def _cache_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test finds what another one left in the project's cache."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


@pytest.fixture
def context(tmp_path: Path) -> StageContext:
    """Surroundings of a stage: one worker, a cache folder, nobody listening."""
    cache = tmp_path / "cache"
    cache.mkdir()
    return StageContext(cache=cache)
