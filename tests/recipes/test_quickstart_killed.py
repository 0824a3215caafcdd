"""The quickstart, killed in each of its stages, ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.waiting import is_running, wait_until

STAGES = ("collect", "tasks", "synth", "curate", "train", "evaluate", "report")
LESS = {
    "collect.limit": 60,
    "synth.rows": 3,
    "train.max_steps": 4,
    "train.budget_seconds": "null",
    "train.checkpoint_every_steps": 1,
    "train.held_out_rows": 4,
    "train.max_seq_length": 256,
    "evaluate.limit": 4,
}
WITHOUT_A_MODEL = ("collect", "tasks")


def command(run: Path) -> list[str]:
    settings = [part for key, value in LESS.items() for part in ("--set", f"{key}={value}")]
    return [
        sys.executable,
        "-m",
        "codetune.cli.main",
        "run",
        "quickstart",
        "-o",
        str(run),
        "--cache",
        str(run / "cache"),
        *settings,
    ]


def datasets(run: Path) -> dict[str, bytes]:
    files = [p for stage in WITHOUT_A_MODEL for p in sorted((run / stage).rglob("*")) if p.is_file()]
    return {str(p.relative_to(run)): p.read_bytes() for p in files if p.name not in ("run.json", ".lock")}


def answers(run: Path) -> dict[bytes, bytes]:
    store = run / "cache" / "requests.sqlite"
    if not store.exists():
        return {}
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
        return dict(connection.execute("SELECT key, response FROM answers").fetchall())


def left_running(run: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(run) in words and process.pid != os.getpid():
            found.append(process)
    return found


def kill_in(stage: str, run: Path, draw: random.Random) -> bool:
    """Start the run and kill it once the stage has begun; False if it was over too soon."""
    process = subprocess.Popen(command(run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    files = draw.randint(0, 6)
    wait_until(
        lambda: (
            process.poll() is not None
            or (run / stage / "run.json").exists()
            or ((run / stage).exists() and len(list((run / stage).rglob("*"))) >= files)
        )
    )
    if process.poll() is not None:
        return False
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_until(lambda: not any(is_running(child.pid) for child in children))
    return True


@pytest.mark.slow
def test_killed_in_each_stage_it_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    pytest.importorskip("torch")
    draw = random.Random(os.environ.get("CODETUNE_KILL_SEED", "0"))
    run, whole = tmp_path / "killed", tmp_path / "whole"
    kept: dict[bytes, bytes] = {}
    killed = []
    for stage in STAGES:
        if kill_in(stage, run, draw):
            killed.append(stage)
        now = answers(run)
        assert kept.items() <= now.items(), "an answer was lost or asked again"
        kept = now
    subprocess.run(command(run), check=True, capture_output=True)
    assert set(killed) >= {"collect", "synth", "train", "evaluate"}
    assert all((run / stage / "run.json").exists() for stage in STAGES)
    assert kept.items() <= answers(run).items()
    assert (run / "report" / "report.html").stat().st_size > 10_000
    assert not left_running(run)

    subprocess.run(command(whole), check=True, capture_output=True)
    assert datasets(run) == datasets(whole)

    again = subprocess.run(command(run), check=True, capture_output=True, text=True)
    assert "Nothing to do" in again.stdout


@pytest.mark.slow
def test_interrupted_it_stops_and_says_how_to_go_on(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    run = tmp_path / "run"
    process = subprocess.Popen(
        command(run),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores Ctrl-C and hands that down; the one started here must hear it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(lambda: answers(run) or process.poll() is not None)  # the server is up and answering
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "run the same command again" in said
    wait_until(lambda: not any(is_running(child.pid) for child in children))
