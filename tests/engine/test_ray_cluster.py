"""What a Ray cluster has to have: told from what its machines answer, and from a real cluster in the slow tests."""

from __future__ import annotations

import platform
import socket
from pathlib import Path

import pytest

from codetune import __version__
from codetune.engine import ray_cluster
from codetune.engine.ray_cluster import Answer, check_address, check_answers
from codetune.errors import BackendUnavailableError, OutputError

HERE = platform.python_version()


def test_machines_like_this_one_are_taken() -> None:
    check_answers([Answer("a", __version__, HERE), Answer("b", __version__, HERE)])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Answer("b", "0.0.1", HERE),
            f"b of the Ray cluster has codetune 0.0.1, and this machine {__version__}",
        ),
        (Answer("b", __version__, "3.9.1"), "b of the Ray cluster has Python 3.9.1"),
    ],
)
def test_another_version_is_named(answer: Answer, message: str) -> None:
    with pytest.raises(BackendUnavailableError, match=message):
        check_answers([Answer("a", __version__, HERE), answer])


def test_a_folder_that_a_machine_does_not_see_is_named() -> None:
    with pytest.raises(OutputError, match=r"b of the Ray cluster does not share this folder.*\(/data/run\)"):
        check_answers([Answer("b", __version__, HERE, ("/data/run",))])


def test_a_machine_reads_the_probe_and_writes_its_own(tmp_path: Path) -> None:
    probe = tmp_path / "probe"
    assert ray_cluster._answer([str(probe)], "mark", 1).missing == (str(tmp_path),)
    probe.write_text("another mark")
    assert ray_cluster._answer([str(probe)], "mark", 1).missing == (str(tmp_path),)
    probe.write_text("mark")
    assert ray_cluster._answer([str(probe)], "mark", 1).missing == ()
    assert (tmp_path / "probe.1").read_text() == "mark"
    # Another file system of the same name: what was written there is not seen here.
    assert ray_cluster._unwritten([probe], 1) == []
    assert ray_cluster._unwritten([probe], 2) == [str(tmp_path)]


def test_a_dead_address_is_told_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for address in (f"127.0.0.1:{port}", f"ray://127.0.0.1:{port}"):
        with pytest.raises(BackendUnavailableError, match="the Ray cluster can't be reached"):
            check_address(address)
    check_address("auto")  # has no port: Ray looks for it
