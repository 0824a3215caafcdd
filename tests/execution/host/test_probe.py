"""Tiers are found by building them; where none can be built, the refusal says why and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codetune.execution.box.isolation import seccomp
from codetune.execution.host import probe
from codetune.execution.host.box_view import box_view
from codetune.execution.host.slot import SlotSpec
from codetune.execution.languages.toolchains import LANGUAGES, toolchain, toolchains

SOURCE = Path(probe.__file__).parents[3]
TRIAL = (
    "from codetune.execution.host import probe; from codetune.execution.host.slot import SlotSpec; "
    "from codetune.execution.host.box_view import box_view; print(probe._try(SlotSpec('namespaces', box_view())))"
)


def test_a_tier_that_is_no_wall_fails_the_trial() -> None:
    refusal = probe._try(SlotSpec("none", box_view()))
    assert refusal is not None and "pid namespace" in refusal


def test_bubblewrap_holds_too() -> None:
    bwrap = probe._bwrap()
    if bwrap is None or probe.probe().tier == "none":
        pytest.skip("bubblewrap is not installed, or may not work here")
    assert probe._try(SlotSpec("bubblewrap", box_view(), bwrap=bwrap)) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_holds_without_root() -> None:
    python, setpriv = "/usr/bin/python3", shutil.which("setpriv")
    version = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info >= (3, 11))"], capture_output=True
    )
    if setpriv is None or version.stdout.strip() != b"True" or not os.stat(SOURCE).st_mode & 0o005:
        pytest.skip("no setpriv, no system Python 3.11, or a checkout that others can't read")
    command = [setpriv, "--reuid", "65534", "--regid", "65534", "--clear-groups", python, "-c", TRIAL]
    environment = {"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    tried = subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/", timeout=60)
    assert tried.stdout.strip() == "None", tried.stderr + tried.stdout


def test_where_namespaces_are_forbidden_the_command_refuses_with_exit_3(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    inside = "echo 0 > /proc/sys/user/max_user_namespaces || exit 99; "
    if (
        unshare is None
        or subprocess.run([unshare, "-Urm", "sh", "-c", inside], capture_output=True).returncode
    ):
        pytest.skip("this machine can't build a place where namespaces are forbidden")
    program = tmp_path / "program.py"
    program.write_text("print(1)")
    command = f"{inside} exec {sys.executable} -m codetune.cli.main exec {program}"
    refused = subprocess.run(
        [unshare, "-Urm", "sh", "-c", command], capture_output=True, text=True, timeout=60
    )
    assert refused.returncode == 3, refused
    assert "namespaces:" in refused.stderr and "max_user_namespaces" in refused.stderr
    assert "--no-sandbox" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_assembles_for_known_machines_only(machine: str) -> None:
    program = seccomp.assemble(machine)
    assert program is not None and len(program) % 8 == 0
    assert seccomp.assemble("pdp11") is None


def test_every_language_says_what_it_has_or_how_to_get_it() -> None:
    found = {tool.language: tool for tool in toolchains()}
    assert set(found) == set(LANGUAGES)
    assert found["python"].version == f"Python {sys.version.split()[0]}"


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"python"}))
def test_a_language_that_is_not_there_says_how_to_get_it(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    missing = toolchain.__wrapped__(language)  # what was found before is remembered
    assert missing.version is None and missing.install
