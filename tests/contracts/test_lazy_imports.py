"""`import codetune` and `codetune --help` load nothing heavy; what that costs in time, a benchmark prints."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from codetune.cli.main import COMMANDS

HEAVY = {
    "torch",
    "ray",
    "transformers",
    "xllamacpp",
    "pandas",
    "pyarrow",
    "sklearn",
    "scipy",
}
NAMES = [name for names in COMMANDS.values() for name in names.split()]


def modules_after(code: str) -> set[str]:
    """Names of all modules that a new interpreter has loaded after running the code."""
    script = f"import sys, json\n{code}\nprint('MODULES', json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    line = next(line for line in done.stderr.splitlines() if line.startswith("MODULES"))
    return set(json.loads(line.removeprefix("MODULES")))


def packages(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not packages(modules_after("import codetune")) & HEAVY


def test_no_help_loads_anything_heavy() -> None:
    # One process for all of them: what one command loads would still be there at the end.
    helps = [["--help"], *[[name, "--help"] for name in NAMES]]
    code = f"from codetune.cli.main import run\nfor words in {helps!r}:\n    assert run(words) == 0, words"
    loaded = packages(modules_after(code))
    assert "codetune" in loaded
    assert not loaded & HEAVY


def test_help_loads_the_command_line_and_nothing_that_works() -> None:
    # How many milliseconds that takes is printed by benchmarks/bench_startup.py.
    loaded = modules_after("from codetune.cli.main import run\nassert run(['--help']) == 0")
    ours = {name.split(".")[1] for name in loaded if name.startswith("codetune.")}
    assert ours <= {"cli", "errors"}


def test_checking_a_recipe_loads_nothing_heavy() -> None:
    loaded = modules_after(
        "from codetune.cli.main import run\nassert run(['run', 'quickstart', '--print']) == 0"
    )
    assert not packages(loaded) & {"torch", "ray", "gradio", "transformers", "xllamacpp"}


@pytest.mark.parametrize("heavy", ["scipy", "pyarrow"])
def test_a_heavy_import_is_found(heavy: str) -> None:
    assert packages(modules_after(f"import {heavy}")) & HEAVY >= {heavy}


def test_opening_a_model_loads_neither_the_batch_api_nor_limits_between_processes() -> None:
    loaded = modules_after("import codetune.models.open")
    assert "codetune.models.client.client" in loaded
    assert not {name for name in loaded if name.startswith("codetune.models.batch_api")}
    assert "codetune.models.client.shared_limits" not in loaded


def test_the_train_stage_is_checked_without_torch() -> None:
    assert "torch" not in modules_after("import codetune.train.stage")
