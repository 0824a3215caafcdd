"""The command line from outside: exit codes, sentences, streams, and what an interrupt leaves."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codetune.cli import main as command_line
from codetune.cli.main import run as codetune
from codetune.store.cache import CACHE_VARIABLE

PROJECT = Path(__file__).parents[1] / "data" / "project"
COMMAND = [sys.executable, "-m", "codetune.cli.main"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["colect"], "Error: No such command 'colect'. Did you mean collect? See: codetune --help"),
        (["collect", "code", ".", "--limit", "0"], "Error: --limit has to be at least 1, not '0'."),
        (["collect", "code", ".", "--limit", "abc"], "Error: --limit has to be a whole number, not 'abc'."),
        (["collect", "--nope"], "Error: No such option: --nope. See: codetune collect --help"),
        (["run", "quickstrat"], "Error: there is no recipe 'quickstrat'; did you mean 'quickstart'?"),
        (["run", "comit"], "Error: there is no recipe 'comit'; known are "),
        (["run", "min_lines.yaml"], "Error: there is no such file (min_lines.yaml); check the path."),
        (["merge", "x", "-o", "y", "--dtype", "int3"], "Error: --dtype: 'int3' is not one of"),
    ],
)
def test_wrong_words_are_one_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert codetune(words) == 2
    told = capsys.readouterr()
    assert told.err.startswith(said) and told.err.count("\n") == 1 and ".." not in told.err
    assert not told.out


def test_without_a_command_the_help_is_printed_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert codetune([]) == 0
    told = capsys.readouterr()
    assert "quickstart" in told.out and not told.err


@pytest.mark.parametrize("how", [">&-", ">/dev/full"])
def test_a_stdout_that_takes_nothing_is_one_sentence(how: str) -> None:
    line = f"{shlex.join([*COMMAND, 'sources', '--json'])} {how}"
    done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the result can't be printed: ") and done.stderr.count("\n") == 1


def test_a_reader_that_leaves_is_no_error() -> None:
    line = f"{shlex.join([*COMMAND, 'sources', '--json'])} | true"
    done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, text=True)
    assert not done.stderr


def test_characters_that_stdout_does_not_have_are_escaped() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    code = "from codetune.cli.streams import open_streams; open_streams(); print('held \\u2713')"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "held \\u2713\n", "")


def test_a_deleted_current_folder_is_one_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    line = f"mkdir {gone} && cd {gone} && rmdir {gone} && {shlex.join([*COMMAND, 'sources'])}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "Error: the current folder was deleted; change to another one.\n"


def test_an_unexpected_error_is_a_sentence_and_a_log_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "mine"))

    def broken() -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("codetune.sources.registry.SOURCES", property(broken))
    assert codetune(["sources"]) == 1
    said = capsys.readouterr().err
    [log] = (tmp_path / "mine" / "logs").iterdir()
    assert said.startswith("Error: codetune failed unexpectedly (") and str(log) in said
    assert said.count("\n") == 1 and "Traceback" not in said
    assert "Traceback" in log.read_text()
    assert (tmp_path / "mine" / ".gitignore").read_text() == "*\n"


def test_an_error_of_the_system_names_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreadable(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "secret.txt")

    monkeypatch.setattr(command_line.typer.main, "get_command", unreadable)
    assert codetune(["sources"]) == 2
    assert capsys.readouterr().err == "Error: it can't be opened: permission denied (secret.txt).\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_names_the_words_to_run_again(number: int, tmp_path: Path) -> None:
    source = tmp_path / "many files"
    source.mkdir()
    text = (PROJECT / "numbers.py").read_text()
    for index in range(400):
        (source / f"m{index}.py").write_text(text.replace("def ", f"def f{index}_"))
    words = ["collect", "code", str(source), "-o", str(tmp_path / "out"), "--workers", "1"]
    process = subprocess.Popen(
        [*COMMAND, *words],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        # A shell's background job ignores Ctrl-C and hands that down; the one started here must hear it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while process.poll() is None and not (tmp_path / "out" / "plan.json").exists():
        time.sleep(0.01)
    process.send_signal(number)
    if number == signal.SIGTERM:
        process.send_signal(number)  # as `timeout` and service managers do
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert said.splitlines()[-1] == (
        f"Stopped. What was done is kept; to continue, run the same command again: {shlex.join(['codetune', *words])}"
    )
