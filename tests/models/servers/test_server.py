"""vLLM and SGLang started here, with stand-ins on PATH that take their flags and speak their protocol."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.models.servers.stand_in import install
from tests.waiting import is_running, wait_until

from codetune.errors import BackendUnavailableError, DataError, UsageError
from codetune.evaluate.benchmarks.registry import load_problems
from codetune.models.client.concurrent_requests import Outcome
from codetune.models.folder import ModelFolder
from codetune.models.open import run_requests
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.servers import commands
from codetune.models.servers.commands import adapter_rank, server_command
from codetune.models.servers.server import ModelServer, ServerStartError
from codetune.records import Message

PROBLEM = load_problems("humaneval")[0]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "tokenizer.json").write_text("{}")
    return folder


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"r": 12, "rank_pattern": {"q_proj": 20}}')
    return folder


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both programs are on PATH; the file says how they were called."""
    path = install(tmp_path / "bin", "vllm", "sglang")
    monkeypatch.setenv("PATH", f"{path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_CALLS", str(tmp_path / "calls.jsonl"))
    monkeypatch.delenv("STAND_IN", raising=False)
    return tmp_path / "calls.jsonl"


def lines(calls: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []


def processes(calls: Path) -> list[int]:
    return [one.get("pid") or one["worker"] for one in lines(calls)]


def question() -> ChatRequest:
    begun = Message(role="assistant", content=f"```python\n{PROBLEM.prompt.rstrip()}\n   ")
    return ChatRequest(messages=(Message(role="user", content="Go on."), begun), max_new_tokens=200)


def asked(server: ModelServer, store: Path | None = None, model: str | None = None) -> Outcome:
    [(_, outcome)] = run_requests(server, [question()], store=store, model=model)
    return outcome


@pytest.mark.parametrize("program", ["vllm", "sglang"])
def test_one_server_answers_for_a_model_and_its_adapter(
    program: str, model: Path, adapter: Path, calls: Path, tmp_path: Path
) -> None:
    server = ModelServer(program, model, "m@1", {"m+a@2": adapter}, log=tmp_path / "log")
    with server:
        assert server.url.startswith("http://127.0.0.1:")
        for name, called in ((None, "m@1"), ("m+a@2", "m+a@2")):
            reply = asked(server, tmp_path / "r.sqlite", name)
            assert isinstance(reply, ChatReply) and reply.model == called
            assert reply.text.split("```")[0].strip() == (PROBLEM.canonical_solution or "").strip()
        alive = processes(calls)
        assert len(alive) == 2 and all(map(is_running, alive))
    assert not any(map(is_running, alive))
    argv = lines(calls)[0]["argv"]
    assert argv[argv.index("--max-lora-rank") + 1] == ("32" if program == "vllm" else "20")
    # What is stored needs no server.
    assert asked(server, tmp_path / "r.sqlite", "m+a@2").stored  # type: ignore[union-attr]
    assert len(lines(calls)) == 2
    if program == "vllm":
        assert server._key not in str(argv) and server._key not in (tmp_path / "log").read_text()


def test_a_folder_is_served_by_what_is_installed_where_there_is_a_gpu(
    model: Path, adapter: Path, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "has_gpu", lambda: True)
    (adapter / "adapter_config.json").write_text(json.dumps({"r": 8, "base_model_name_or_path": str(model)}))
    for folder, lora in ((model, False), (adapter, True)):
        [(_, reply)] = run_requests(str(folder), [question()], store=tmp_path / "r.sqlite")
        assert isinstance(reply, ChatReply) and reply.model == ModelFolder.find(folder).name
        started = [one for one in lines(calls) if "argv" in one][-1]
        assert ("--enable-lora" in started["argv"]) == lora
    assert (tmp_path / "vllm.log").exists()
    assert not any(map(is_running, processes(calls)))


def test_what_dies_on_start_says_its_last_words(
    model: Path, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN", "dies")
    server = ModelServer("vllm", model, "m", {}, log=tmp_path / "log")
    with pytest.raises(
        ServerStartError, match=r"exit code 1: torch.OutOfMemoryError: CUDA out of memory"
    ) as caught:
        asked(server)
    assert "File " not in str(caught.value) and str(tmp_path / "log") in str(caught.value)
    assert isinstance(caught.value, UsageError)
    with pytest.raises(ServerStartError, match=r"exit code 2: .*unrecognized arguments: --nonsense"):
        ModelServer("vllm", model, "m", {}, log=tmp_path / "log", arguments=("--nonsense",)).start()


def test_what_never_answers_is_ended(
    model: Path, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN", "hangs")
    server = ModelServer("vllm", model, "m", {}, log=tmp_path / "log", start_seconds=5.0)
    with pytest.raises(ServerStartError, match="did not answer within 5 s"):
        server.start()
    assert not any(map(is_running, processes(calls)))


def test_a_server_that_is_killed_is_told(model: Path, calls: Path, tmp_path: Path) -> None:
    with ModelServer("vllm", model, "m", {}, log=tmp_path / "log") as server:
        os.kill(lines(calls)[0]["pid"], signal.SIGKILL)
        wait_until(lambda: not server.is_running)
        told = server.ended_by_itself()
        assert isinstance(told, BackendUnavailableError) and "vllm ended" in str(told)
        # The next request starts it again.
        assert isinstance(asked(server), ChatReply)
    wait_until(lambda: not any(map(is_running, processes(calls))))


def test_a_server_that_is_killed_while_it_is_asked_ends_the_requests(
    model: Path, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN", "killed-when-asked")
    with ModelServer("vllm", model, "m", {}, log=tmp_path / "log") as server:
        outcome = asked(server)
    assert isinstance(outcome, BackendUnavailableError) and "vllm ended" in str(outcome)


RUN = """
import sys
from pathlib import Path
from codetune.models.servers.server import ModelServer
with ModelServer("vllm", Path(sys.argv[1]), "m", {}, log=Path(sys.argv[2])) as server:
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_the_run_is_ended(number: int, model: Path, calls: Path, tmp_path: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(model), str(tmp_path / "log")], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert run.stdout is not None and run.stdout.readline() == b"up\n"
    alive = processes(calls)
    assert len(alive) == 2
    run.send_signal(number)
    run.communicate()
    wait_until(lambda: not any(map(is_running, alive)))


def test_what_is_not_installed_or_does_not_fit_is_one_sentence(
    model: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="vllm is not installed here"):
        server_command("vllm", model, "m", {}, port=1, key="k")
    assert adapter_rank(adapter) == 20
    (adapter / "adapter_config.json").write_text('{"r": 1024}')
    install(tmp_path / "bin", "vllm")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(UsageError, match="rank 1024, and vLLM takes at most 512"):
        server_command("vllm", model, "m", {"a": adapter}, port=1, key="k")
    (adapter / "adapter_config.json").write_text("[]")
    with pytest.raises(DataError, match="adapter's settings can't be read"):
        adapter_rank(adapter)
