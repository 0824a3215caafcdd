"""A faulty server and kill -9: nothing lost, nothing twice, nothing stored paid again."""

import importlib.util
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[3] / "benchmarks" / "bench_faults.py"


@pytest.fixture
def torture():
    spec = importlib.util.spec_from_file_location("bench_faults", BENCH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_faults"] = module
    spec.loader.exec_module(module)
    yield module.torture
    del sys.modules["bench_faults"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_killed_three_times(torture, tmp_path, seed):
    found = torture(rows=3000, kills=3, in_flight=128, folder=tmp_path, seed=seed)
    failed = sum(count for what, count in found.items() if str(what).startswith("failed"))
    assert found["complete"] + found["length"] + failed == 3000
    assert found["stored"] == found["complete"] + found["length"]
    assert found["from the store"] > 0, "the kills came too early to prove anything"
    assert found["answered again though stored"] == 0
    # Twice are only those that were on their way when the run was killed.
    assert found["answered twice"] <= 3 * 128
