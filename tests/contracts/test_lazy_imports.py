"""`import codetune` and `codetune --help` stay light."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from codetune.cli.main import COMMANDS

HEAVY = {
    "torch",
    "ray",
    "transformers",
    "xllamacpp",
    "daft",
    "pandas",
    "pyarrow",
    "sklearn",
    "scipy",
}
NAMES = [name for names in COMMANDS.values() for name in names.split()]


def modules_after(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nprint('MODULES', json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    line = next(line for line in done.stderr.splitlines() if line.startswith("MODULES"))
    return {name.split(".")[0] for name in json.loads(line.removeprefix("MODULES"))}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not modules_after("import codetune") & HEAVY


@pytest.mark.parametrize("arguments", [["--help"], *[[name, "--help"] for name in NAMES]], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    loaded = modules_after(f"from codetune.cli.main import run\nassert run({arguments!r}) == 0")
    assert "codetune" in loaded
    assert not loaded & HEAVY


def test_checking_a_recipe_loads_nothing_heavy() -> None:
    loaded = modules_after(
        "from codetune.cli.main import run\nassert run(['run', 'quickstart', '--print']) == 0"
    )
    assert not loaded & {"torch", "ray", "transformers", "xllamacpp"}


def test_help_answers_quickly() -> None:
    # The promise is half a second; five times that allows for a busy machine and still catches an
    # import of torch (3 s) or of every room.
    command = [sys.executable, "-m", "codetune.cli.main", "--help"]
    subprocess.run(command, capture_output=True, check=True)
    best = min(_seconds(command) for _ in range(3))
    assert best < 2.5


def _seconds(command: list[str]) -> float:
    clock = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - clock
