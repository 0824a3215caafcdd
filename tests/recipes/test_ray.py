"""A whole recipe on Ray, with two workers: the same rows as on one process, byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.recipes.conftest import FinishedRun
from tests.recipes.test_runner import DATASETS, contents

from codetune.cli.main import run as codetune
from codetune.engine.open import open_engine
from codetune.execution.host.probe import _bwrap as bubblewrap
from codetune.recipes.recipe import Step
from codetune.recipes.runner import run_recipe, run_step
from codetune.records import Record
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.store.schema import to_row

ray = pytest.importorskip("ray", reason="Ray is not installed (the extra ray)")


def rows(folder: Path) -> list[str]:
    return sorted(repr(to_row(row)) for row in Dataset[Record](folder))


@pytest.fixture(scope="module")
def two_machines() -> Iterator[str]:
    """A cluster of two nodes on this machine, one CPU each; gives its address."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    yield str(cluster.address)
    cluster.shutdown()


def test_rows_of_a_stage_are_the_same(finished: FinishedRun, tmp_path: Path) -> None:
    """The smaller test: one stage on a cluster that is started for it."""
    step: Step = next(one for one in finished.recipe.steps if one.name == "tasks")
    with open_engine("ray", workers=2) as engine:
        context = StageContext(seed=finished.recipe.seed, cache=tmp_path / "cache", engine=engine)
        made = run_step(step, [finished.folder / "collect"], tmp_path / "tasks", context, overwrite=False)
    assert made.worked
    assert rows(tmp_path / "tasks") == rows(finished.folder / "tasks")


@pytest.mark.slow
def test_a_whole_recipe_on_two_machines(finished: FinishedRun, two_machines: str, tmp_path: Path) -> None:
    asked = len(finished.server.asked)
    with open_engine(f"ray:{two_machines}") as engine:
        assert engine.workers == 2
        results = run_recipe(finished.recipe, tmp_path / "run", engine=engine, cache=tmp_path / "cache")
    assert [result.name for result in results] == [step.name for step in finished.recipe.steps]
    assert len(finished.server.asked) - asked == asked, "every request was sent once"
    for name in DATASETS:
        assert rows(tmp_path / "run" / name) == rows(finished.folder / name)
    assert contents(tmp_path / "run") == contents(finished.folder)
    assert not list(tmp_path.rglob(".codetune-*")), "no probe is left"


@pytest.mark.slow
def test_stages_as_commands(finished: FinishedRun, two_machines: str, tmp_path: Path) -> None:
    engine = ["--engine", f"ray:{two_machines}", "--seed", "3", "-q", "--cache", str(tmp_path / "cache")]
    collected = finished.recipe.steps[0].settings.path  # type: ignore[attr-defined]
    assert codetune(["collect", "code", collected, "-o", str(tmp_path / "collect"), *engine]) == 0
    assert codetune(["tasks", str(tmp_path / "collect"), "-o", str(tmp_path / "tasks"), *engine]) == 0
    inputs = [str(finished.folder / "synth"), str(tmp_path / "tasks")]
    assert codetune(["curate", *inputs, "-o", str(tmp_path / "curate"), *engine]) == 0
    for name in ("collect", "tasks", "curate"):
        assert rows(tmp_path / name) == rows(finished.folder / name)


@pytest.mark.slow
def test_a_machine_without_the_folder_is_told(finished: FinishedRun, tmp_path: Path) -> None:
    """A second node that has an empty folder of its own where the run is to be."""
    bwrap = bubblewrap()
    if bwrap is None:
        pytest.skip("bubblewrap is not installed")
    from ray.cluster_utils import Cluster

    shared = tmp_path / "run"
    shared.mkdir()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    box = [str(bwrap), "--dev-bind", "/", "/", "--tmpfs", str(shared)]
    start = [
        sys.executable,
        "-m",
        "ray.scripts.scripts",
        "start",
        f"--address={cluster.address}",
        "--num-cpus=1",
        "--block",
    ]
    node = subprocess.Popen(
        [*box, *start], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    )
    try:
        cluster.connect()
        from tests.waiting import wait_until

        wait_until(lambda: node.poll() is not None or sum(one["Alive"] for one in ray.nodes()) == 2)
        assert node.poll() is None
        ray.shutdown()
        with (
            pytest.raises(Exception, match="does not share this folder"),
            open_engine(f"ray:{cluster.address}") as engine,
        ):
            run_recipe(finished.recipe, shared, engine=engine, cache=tmp_path / "cache")
        assert not list(tmp_path.rglob(".codetune-*")), "no probe is left"
    finally:
        node.terminate()
        node.wait()
        cluster.shutdown()
