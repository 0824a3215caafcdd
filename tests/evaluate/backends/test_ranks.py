"""Processes started together: which one this is, and that none outlives who started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest
from tests.waiting import is_running, wait_until

from codetune.errors import ConfigError
from codetune.evaluate.backends.ranks import Ranks

LAUNCHER = """
import os, subprocess, sys, time
place = {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": sys.argv[1]}
rank = subprocess.Popen(
    [sys.executable, "-c", "from codetune.evaluate.backends.ranks import Ranks; print('there', flush=True); Ranks.here().meet()"],
    env={**os.environ, **place}, stdout=subprocess.PIPE, text=True,
)
rank.stdout.readline()
print(rank.pid, flush=True)
time.sleep(600)
"""


def test_what_a_launcher_sets_is_read_and_what_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert Ranks.here() == Ranks(rank=0, world=1, local_rank=0)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert Ranks.here() == Ranks(rank=1, world=2, local_rank=0)
    monkeypatch.setenv("WORLD_SIZE", "1")
    with pytest.raises(ConfigError, match="not below WORLD_SIZE"):
        Ranks.here()
    monkeypatch.setenv("RANK", "first")
    with pytest.raises(ConfigError, match="no whole number"):
        Ranks.here()


def test_a_rank_that_waits_for_the_others_leaves_with_its_launcher() -> None:
    pytest.importorskip("torch")
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(port)], stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    rank = int(launcher.stdout.readline())
    try:
        # Once it listens there, it waits for rank 1, which never comes.
        wait_until(lambda: _listens(port) or not is_running(rank))
        assert is_running(rank)
        launcher.kill()
        launcher.wait()
        wait_until(lambda: not is_running(rank))
    finally:
        launcher.kill()
        launcher.stdout.close()
        if is_running(rank):
            os.kill(rank, signal.SIGKILL)


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
