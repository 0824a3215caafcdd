"""A server that knows every answer scores 100 %, whatever it can do; one that cuts is told of."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.evaluate.solving_server import Kind, SolvingServer

from codetune.evaluate.backends.probe import REMOTE_STYLES, StyleChoice, resolve_asking
from codetune.evaluate.benchmarks.registry import benchmark, load_problems
from codetune.evaluate.config import AskConfig

ITEMS = 40


def evaluate(url: str, output: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "codetune.cli.main",
        "eval",
        "humaneval",
        "--model",
        url,
        "-o",
        str(output),
    ]
    return subprocess.run([*command, *more], capture_output=True, text=True, timeout=240)


def score_of(output: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((output / "score.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    ("kind", "style", "continuation"),
    [
        ("continues", "chat-prefill", "plain"),
        ("whole-indentation", "chat-prefill", "plain"),
        ("continues-if-asked", "chat-prefill", "continue_final_message"),
        ("new-turn", "chat", ""),
        ("bare-program", "chat", ""),
        ("refuses-prefill", "chat", ""),
        ("text-only", "completion", ""),
    ],
)
def test_a_server_that_knows_every_solution_scores_full_marks(
    kind: Kind, style: str, continuation: str, tmp_path: Path
) -> None:
    with SolvingServer(kind) as server:
        done = evaluate(server.url, tmp_path / "out", "--limit", str(ITEMS))
        assert done.returncode == 0, done.stderr
        asked = len(server.asked)
        # A finished score asks nothing again, not even to find out what the server can do.
        again = evaluate(server.url, tmp_path / "out", "--limit", str(ITEMS))
        assert again.returncode == 0 and len(server.asked) == asked
    score = score_of(tmp_path / "out")
    assert (score["verdicts"], score["passed"]) == ({"PASS": ITEMS}, ITEMS)
    assert (score["conditions"]["prompt_style"], score["conditions"]["continuation"]) == (style, continuation)
    assert score["conditions"]["max_new_tokens"] >= 512
    assert score["cut_answers"] == {"cut": 0, "known": ITEMS, "longest": 0} and score["warnings"] == []
    assert f"prompt style {style}" in score["assumed"] and score["assumed"] in done.stderr
    # What was tried out in the style that was taken is not asked twice.
    assert asked <= ITEMS + 3 * len(REMOTE_STYLES)


def test_a_server_that_cuts_is_warned_of(tmp_path: Path) -> None:
    with SolvingServer("new-turn", longest=128) as server:
        done = evaluate(server.url, tmp_path / "out", "--limit", str(ITEMS))
    assert done.returncode == 0, done.stderr
    score = score_of(tmp_path / "out")
    cut = score["cut_answers"]["cut"]
    assert score["cut_answers"]["known"] == ITEMS and cut > ITEMS / 2
    words = " ".join(done.stdout.split())
    assert f"{cut} of {ITEMS}" in words and "warning" in words
    # The limit is the server's, so asking for longer answers would change nothing.
    assert "were cut by the server itself after at most 128 tokens, though 1,024 were allowed" in words
    assert any("raise the server's own limit" in warning["text"] for warning in score["warnings"])


def test_answers_cut_at_the_limit_asked_for(tmp_path: Path) -> None:
    with SolvingServer("new-turn") as server:
        options = ("--style", "chat", "--max-new-tokens", "64", "--limit", "8")
        assert evaluate(server.url, tmp_path / "out", *options).returncode == 0
    (warning,) = score_of(tmp_path / "out")["warnings"]
    assert "cut at the limit of 64 tokens; a larger max_new_tokens" in warning["text"]


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (
            "new-turn",
            ("--protocol", "codex"),
            "the protocol codex completes a text, and the server does not take",
        ),
        ("text-only", ("--protocol", "evalplus-chat"), "the protocol evalplus-chat asks in a chat"),
        ("text-only", ("--style", "chat"), "the prompt style chat asks in a chat"),
    ],
)
def test_a_way_that_the_server_does_not_know_costs_one_request(
    kind: Kind, options: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    with SolvingServer(kind) as server:
        done = evaluate(server.url, tmp_path / "out", *options)
        assert len(server.asked) == 1
    assert done.returncode == 1 and words in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


def test_a_wrong_style_shows_one_of_its_answers(tmp_path: Path) -> None:
    with SolvingServer("new-turn") as server:
        done = evaluate(server.url, tmp_path / "out", "--style", "chat-prefill", "--limit", "20")
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "0.0%" in words and "20 of 20 samples ended in COMPILE" in words and "Here it is:" in words


def test_a_server_that_refuses_every_way_is_one_sentence(tmp_path: Path) -> None:
    class Refusing(SolvingServer):
        def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            return 400, {"error": {"message": "not today"}}

    with Refusing("continues") as server:
        done = evaluate(server.url, tmp_path / "out")
    assert done.returncode == 1 and "not today" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_single_way_is_taken_without_a_question() -> None:
    chosen, problems = benchmark("humaneval"), load_problems("humaneval")[:2]

    def never(requests: object) -> Any:
        raise AssertionError("asked")

    one = resolve_asking(AskConfig(), chosen, [StyleChoice("chat-prefill", "plain")], problems, never, seed=0)
    assert (one.config.prompt_style, one.config.max_new_tokens, one.assumed) == ("chat-prefill", 512, "")
    asked: list[object] = []

    def once(requests: Any) -> list[Any]:
        asked.extend(requests)
        return []

    given = resolve_asking(
        AskConfig(prompt_style="completion"), chosen, REMOTE_STYLES, problems, once, seed=0
    )
    assert len(asked) == 1  # whether the server takes it at all
    assert (given.config.prompt_style, given.config.continuation) == ("completion", None)
    longer = resolve_asking(
        AskConfig(prompt_style="chat"), benchmark("live-code-bench"), REMOTE_STYLES, problems, once, seed=0
    )
    assert longer.config.max_new_tokens == 2048


def test_a_data_file_may_have_any_name(tmp_path: Path) -> None:
    data = tmp_path / "a #1.jsonl.gz"
    shutil.copy(benchmark("humaneval").path(), data)
    with SolvingServer("continues") as server:
        done = evaluate(server.url, tmp_path / "out", "--limit", "2", "--data", str(data))
    assert done.returncode == 0, done.stderr
    assert score_of(tmp_path / "out")["passed"] == 2


def test_a_missing_training_set_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with SolvingServer("continues") as server:
        done = evaluate(server.url, tmp_path / "out", "--train", str(tmp_path / "nothing"))
        assert not server.asked
    assert done.returncode == 2 and "nothing" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "run.json").exists()
