"""Entries are loaded when they are asked for, and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from codetune.lazy_registry import LazyRegistry, load


def test_an_entry_is_loaded_once_and_others_can_be_added() -> None:
    registry: LazyRegistry[object] = LazyRegistry({"counter": "collections:Counter"}, called=True)
    assert list(registry) == ["counter"] and "counter" in registry and len(registry) == 1
    assert registry["counter"] is registry["counter"] == {}
    registry["own"] = 3
    assert dict(registry) == {"counter": {}, "own": 3}
    del registry["own"]
    assert registry.get("own") is None
    with pytest.raises(KeyError):
        registry["own"]


def test_a_place_names_a_module_and_an_attribute() -> None:
    assert load("math:pi") == 3.141592653589793


@pytest.mark.parametrize(
    ("registry", "used", "left"),
    [
        ("codetune.sources.registry:SOURCES", "alpaca", "codetune.sources.stackexchange.stackexchange"),
        ("codetune.synth.registry:GENERATORS", "judge", "codetune.synth.generators.solve_and_test"),
        ("codetune.recipes.stages:STAGES", "collect", "codetune.train.config"),
    ],
)
def test_one_entry_does_not_load_the_others(registry: str, used: str, left: str) -> None:
    program = (
        "import sys; from codetune.lazy_registry import load\n"
        f"load({registry!r})[{used!r}]\nprint({left!r} in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
