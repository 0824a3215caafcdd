"""`codetune exec` from outside: exit codes, JSON, and one sentence for a user's mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from codetune.execution.host.probe import probe


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codetune.cli.main", "exec", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture
def solution(tmp_path: Path) -> Path:
    path = tmp_path / "solution.py"
    path.write_text("def f(x):\n    print('\\x1b[31mhello')\n    return x\n")
    return path


@pytest.mark.skipif(probe().tier == "none", reason="this machine allows no sandbox")
def test_exit_codes_and_json(tmp_path: Path, solution: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("assert f(1) == 1")
    bad.write_text("assert f(1) == 2")
    passed = run(str(solution), "--tests", str(good), "--json")
    assert passed.returncode == 0, passed.stderr
    (execution,) = json.loads(passed.stdout)
    assert execution["verdict"] == "PASS" and execution["tier"] != "none"
    failed = run(str(solution), "--tests", str(bad), "--test-isolation", "strict")
    assert failed.returncode == 1
    assert "WRONG" in failed.stdout and "integrity strict" in failed.stdout
    assert "\x1b" not in failed.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.py"], "can't be read"),
        (["README"], "--lang"),
        (["x.py", "--lang", "cobol"], "can't run cobol"),
        (["{solution}", "--test-isolation", "kind"], "standard or strict"),
    ],
)
def test_a_mistake_is_one_sentence(solution: Path, arguments: list[str], words: str) -> None:
    done = run(*[argument.replace("{solution}", str(solution)) for argument in arguments])
    assert done.returncode == 2
    assert words in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
