"""`codetune doctor` on this machine, and on endpoints that answer, refuse the key, and are not there."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.synth.conftest import ModelServer

from codetune.cli.main import run as codetune

STATES = {"ok", "warning", "missing"}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.close()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def findings(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    codetune(["doctor", "--json", *arguments])
    return json.loads(capsys.readouterr().out)


def test_it_says_what_this_machine_has_and_how_to_get_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = findings(capsys)
    assert {one["state"] for one in found} <= STATES
    assert {"machine", "packages", "model", "sandbox", "toolchains"} == {one["area"] for one in found}
    for one in found:
        assert one["detail"], one
        if one["state"] == "missing":
            assert one["remedy"], f"{one['name']} is missing and nothing says what to do"
    python = next(one for one in found if one["name"] == "python" and one["area"] == "machine")
    assert python["state"] == "ok" and python["detail"].startswith("3.")
    assert list(tmp_path.iterdir()) == []


def test_each_endpoint_is_tried(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = f"http://127.0.0.1:{free_port()}/v1"
    model_map = tmp_path / "model_map.json"
    model_map.write_text(
        json.dumps(
            {
                "tiny": {"base": server.url},
                "absent": {"base": server.url},
                "gone": {"base": gone},
            }
        )
    )
    monkeypatch.chdir(tmp_path)  # ./model_map.json is found without being named
    found = {one["name"]: one for one in findings(capsys) if one["area"] == "endpoints"}
    assert {name: one["state"] for name, one in found.items()} == {
        "tiny": "ok", "absent": "missing", "gone": "missing",
    }  # fmt: skip
    assert "tiny" in found["absent"]["remedy"]
    assert found["gone"]["remedy"]
    assert server.asked == [], "no answer was paid for"
    assert codetune(["doctor", "--json"]) == 0, "a file that was not named is a hint, not a demand"
    assert codetune(["doctor", "--json", "--model-map", str(model_map)]) == 1
    capsys.readouterr()


def test_the_page_for_people_names_every_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    remedies = [one["remedy"] for one in findings(capsys) if one["remedy"]]
    codetune(["doctor"])
    said = " ".join(capsys.readouterr().out.split())
    for remedy in remedies:
        assert " ".join(remedy.split()) in said


@pytest.mark.parametrize(
    ("written", "words"),
    [(None, "no such file"), ("{", "model_map"), ('{"m": []}', "m")],
)
def test_a_wrong_model_map_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str | None, words: str
) -> None:
    path = tmp_path / "model_map.json"
    if written is not None:
        path.write_text(written)
    assert codetune(["doctor", "--model-map", str(path)]) == 2
    said = capsys.readouterr()
    assert words in said.err and "Traceback" not in said.err
