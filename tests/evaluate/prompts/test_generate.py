"""Requests by problem and sample; servers that fail, through the command."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from codetune.errors import UsageError
from codetune.evaluate.benchmarks.registry import load_problems
from codetune.evaluate.config import AskConfig
from codetune.evaluate.prompts.generate import requests_of
from codetune.evaluate.scoring.verdict_table import read_verdicts
from codetune.models.client.payload import build_payload, request_key

PROBLEMS = load_problems("humaneval")


def test_seeds_do_not_depend_on_order_or_number_of_samples() -> None:
    few = AskConfig(prompt_style="chat-prefill", max_new_tokens=512, n=2, temperature=0.8)
    more = AskConfig(prompt_style="chat-prefill", max_new_tokens=512, n=5, temperature=0.8)
    first = {(p.task_id, s): r for p, s, r in requests_of(PROBLEMS[:3], few, 1)}
    again = {(p.task_id, s): r for p, s, r in requests_of(list(reversed(PROBLEMS[:3])), more, 1)}
    assert all(again[key] == request for key, request in first.items())
    assert len({request.seed for request in first.values()}) == 3


def test_several_greedy_samples_are_refused() -> None:
    with pytest.raises(UsageError, match="would all be the same"):
        list(requests_of(PROBLEMS[:1], AskConfig(prompt_style="chat-prefill", max_new_tokens=512, n=2), 0))


def test_every_sample_is_sent_a_seed_of_its_own_and_keeps_it() -> None:
    def sent(n: int) -> dict[tuple[str, int], tuple[int, bytes]]:
        found = {}
        for problem, sample, request in requests_of(
            PROBLEMS[:4], AskConfig(prompt_style="chat-prefill", max_new_tokens=512, n=n, temperature=0.8), 0
        ):
            path, payload = build_payload(request, {})
            key = request_key("m", path, payload, sample)
            found[problem.task_id, sample] = (json.loads(payload)["seed"], key)
        return found

    few, many = sent(3), sent(200)
    assert all(many[name] == value for name, value in few.items())
    assert len({seed for seed, _ in many.values()}) == 4 * 200
    assert len({key for _, key in many.values()}) == 4 * 200


class Scripted:
    """A server on loopback, in a thread, that answers as `answer` says: (status, body)."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answer: Callable[[dict[str, Any]], tuple[int, bytes]] = lambda body: self.says("    return 1\n")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                self._send(200, b'{"data": [{"id": "m"}]}')

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.asked.append(body)
                outer.paths.append(self.path)
                self._send(*outer.answer(body))

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                if status == 429:
                    self.send_header("retry-after", "0.05")
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @staticmethod
    def says(text: str) -> tuple[int, bytes]:
        choice = {"index": 0, "finish_reason": "stop", "text": text, "message": {"content": text}}
        return 200, json.dumps({"choices": [choice]}).encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def servers() -> Iterator[Callable[[], Scripted]]:
    opened: list[Scripted] = []

    def start() -> Scripted:
        opened.append(Scripted())
        return opened[-1]

    yield start
    for server in opened:
        server.close()


def evaluate(model: str, output: Path, *more: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "codetune.cli.main",
        "eval",
        "humaneval",
        "--limit",
        "5",
        "--model",
        model,
    ]
    return subprocess.run(
        [*command, "-o", str(output), "--json", *more], capture_output=True, text=True, timeout=seconds
    )


def test_more_samples_ask_only_for_the_new_ones(tmp_path: Path, servers: Callable[[], Scripted]) -> None:
    server = servers()
    sampled = ("--temperature", "0.8", "--top-p", "0.9", "--top-k", "40")
    assert evaluate(server.url, tmp_path / "out", "-n", "2", *sampled).returncode == 0
    assert len(server.asked) == 10
    assert {(body["top_p"], body["top_k"]) for body in server.asked} == {(0.9, 40)}
    first = [(row.task_id, row.sample, row.completion) for row in read_verdicts(tmp_path / "out")]
    done = evaluate(server.url, tmp_path / "out", "-n", "4", "--k", "1,4", *sampled)
    assert done.returncode == 0, done.stderr
    assert len(server.asked) == 20
    assert len({body["seed"] for body in server.asked}) == 20
    rows = [(row.task_id, row.sample, row.completion) for row in read_verdicts(tmp_path / "out")]
    assert len(rows) == 20 and [row for row in rows if row[1] < 2] == first
    assert set(json.loads(done.stdout)["pass_at_k"]) == {"1", "4"}
    # The same again does nothing; fewer is refused.
    assert evaluate(server.url, tmp_path / "out", "-n", "4", "--k", "1,4", *sampled).returncode == 0
    assert len(server.asked) == 20
    fewer = evaluate(server.url, tmp_path / "out", "-n", "3", *sampled)
    assert fewer.returncode == 2 and "4 samples of each problem, and 3 were asked for" in fewer.stderr


def test_several_endpoints_share_the_work_by_chat_or_completion(
    tmp_path: Path, servers: Callable[[], Scripted]
) -> None:
    one, two = servers(), servers()
    both = f"{one.url},{two.url}"
    assert evaluate(both, tmp_path / "chat", "-n", "4", "--temperature", "1").returncode == 0
    assert one.asked and two.asked and len(one.asked) + len(two.asked) == 20
    assert set(one.paths) == {"/v1/chat/completions"}
    del one.paths[:], two.paths[:]
    assert evaluate(both, tmp_path / "text", "--style", "completion").returncode == 0
    assert set(one.paths + two.paths) == {"/v1/completions"}
    prompts = [json.loads(line) for line in (tmp_path / "text" / "prompts.jsonl").read_text().splitlines()]
    assert len(prompts) == 5 and all(
        p["prompt"].startswith(("def ", "from ", "import ", "\n")) for p in prompts
    )


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((500, b"oh"), "500"),
        ((200, b"<html>nonsense</html>"), "not a completion"),
        ((400, b'{"error": {"message": "no such model"}}'), "no such model"),
    ],
)
def test_a_server_that_fails_is_one_sentence_and_loses_nothing(
    tmp_path: Path, servers: Callable[[], Scripted], answer: tuple[int, bytes], words: str
) -> None:
    server = servers()
    good = server.answer
    server.answer = lambda body: answer if len(server.asked) > 3 else good(body)
    models = tmp_path / "models.yaml"
    models.write_text(f"models:\n  m: {{base: '{server.url}', attempts: 2}}\n")
    named = ("--model-map", str(models), "--in-flight", "1")
    failed = evaluate("m", tmp_path / "out", *named)
    assert failed.returncode == 1
    assert words in failed.stderr and "Traceback" not in failed.stderr
    assert not (tmp_path / "out" / "run.json").exists()
    server.answer = good
    before = len(server.asked)
    assert evaluate("m", tmp_path / "out", *named).returncode == 0
    assert len(server.asked) == before + 2  # three were answered, and kept


def test_a_rate_limit_is_waited_out(tmp_path: Path, servers: Callable[[], Scripted]) -> None:
    server = servers()
    good = server.answer
    server.answer = lambda body: (429, b"{}") if len(server.asked) % 3 == 1 else good(body)
    done = evaluate(server.url, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["samples"] == 5


def test_nobody_there(tmp_path: Path) -> None:
    done = evaluate("http://127.0.0.1:9/v1", tmp_path / "out")
    assert done.returncode == 2  # as likely a mistyped address
    assert "no server answers there" in done.stderr.lower() and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("model", "more", "words"),
    [
        ("no-such-model", (), "no model is called no-such-model"),
        ("missing.gguf", (), "the model is not there"),
        ("local", ("--adapter", "nowhere.gguf"), "the adapter is not there"),
        ("http://127.0.0.1:9/v1", ("--adapter", "x"), "adapter can't be given"),
        ("local", ("-n", "2"), "would all be the same"),
        ("local", ("--k", "5"), "pass@5 needs at least 5 samples"),
    ],
)
def test_mistakes_are_told_before_anything_runs(
    tmp_path: Path, model: str, more: tuple[str, ...], words: str
) -> None:
    done = evaluate(model, tmp_path / "out", *more)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr.lower() and "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "run.json").exists()
