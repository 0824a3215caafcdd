"""What it costs to start: seconds of `codetune --help`, and the modules that each command loads.

    python benchmarks/bench_startup.py
    python benchmarks/bench_startup.py --rounds 10

Each command runs on a tiny input in a process of its own: twenty functions, a scripted server over
HTTP, a model of two layers. Counted are codetune's own files at its end (its packages' `__init__.py`
apart; workers aside), and the modules of all others. The promise for the help is half a second on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
PROJECT = ROOT / "tests" / "data" / "project"
PROMISED_SECONDS = 0.5

COUNTED = """
import contextlib, io, json, sys
from codetune.cli.main import run
with contextlib.redirect_stdout(io.StringIO()):
    code = run(json.loads(sys.argv[1]))
ours = [module for name, module in sys.modules.items() if name.split(".")[0] == "codetune"]
packages = sum(hasattr(module, "__path__") for module in ours)
counts = {"modules": len(ours) - packages, "packages": packages, "others": len(sys.modules) - len(ours)}
print(json.dumps({"code": code, **counts}))
"""


def help_seconds(rounds: int) -> list[float]:
    command = [sys.executable, "-m", "codetune.cli.main", "--help"]
    subprocess.run(command, capture_output=True, check=True)  # bytecode and the disk's cache are warm
    seconds = []
    for _ in range(rounds):
        clock = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.perf_counter() - clock)
    return sorted(seconds)


def commands(folder: Path, server: str, model: Path) -> Iterator[tuple[str, list[str]]]:
    """Each command with its arguments, in an order in which each finds its input."""
    small = ["--workers", "1", "--json"]
    yield "--help", ["--help"]
    yield "collect", ["collect", "code", str(PROJECT), "-o", str(folder / "collect"), *small]
    yield "synth", [
        "synth", "instruct-from-code", str(folder / "collect"), "-o", str(folder / "synth"), "--model", server,
        "--set", "profile=small", *small,
    ]  # fmt: skip
    yield "curate", ["curate", str(folder / "synth"), "-o", str(folder / "curate"), *small]
    yield "train", [
        "train", "-d", str(folder / "curate"), "-o", str(folder / "train"), "--set", f"model={model}",
        "--set", "max_steps=1", "--set", "lora_r=2", "--json",
    ]  # fmt: skip
    yield "eval", [
        "eval", "humaneval", "--model", server, "--limit", "2", "-o", str(folder / "eval"), "--json",
    ]  # fmt: skip
    yield "compare", ["compare", str(folder / "eval"), str(folder / "eval"), "--json"]
    yield "report", ["report", str(folder), "--json"]
    yield "run (all stages)", ["run", str(folder / "recipe.yaml"), "-o", str(folder / "run"), *small]


def counts(arguments: list[str]) -> dict[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", COUNTED, json.dumps(arguments)], capture_output=True, text=True
    )
    if done.returncode or (found := json.loads(done.stdout.splitlines()[-1]))["code"]:
        raise SystemExit(f"codetune {' '.join(arguments)}\n{done.stderr}")
    return dict(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="times that the help is started")
    options = parser.parse_args()

    from tests.recipes.conftest import scripted_answer, write_project, write_recipe
    from tests.synth.conftest import ModelServer
    from tests.tiny_llama import write_tiny_llama

    seconds = help_seconds(options.rounds)
    print(f"codetune --help: best {seconds[0]:.2f} s, median {seconds[len(seconds) // 2]:.2f} s", end=" ")
    print(f"of {options.rounds} (promised: {PROMISED_SECONDS} s)\n")
    print(f"{'command':<18} {'codetune files':>15} {'packages':>9} {'other modules':>14}")
    with tempfile.TemporaryDirectory() as name:
        folder, server = Path(name), ModelServer()
        server.answer = scripted_answer
        model = write_tiny_llama(folder / "model")
        write_recipe(folder / "recipe.yaml", write_project(folder / "project"), server.url, model)
        for command, arguments in commands(folder, server.url, model):
            found = counts(arguments)
            print(
                f"{command:<18} {found['modules']:>15} {found['packages']:>9} {found['others']:>14}",
                flush=True,
            )
        server.close()


if __name__ == "__main__":
    main()
