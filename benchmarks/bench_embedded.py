"""Tokens a second of the embedded server, and how alike its greedy answers are from run to run.

    python benchmarks/bench_embedded.py --slots 1 8 16

Sixty-four questions (sixteen with one slot) of 128 tokens each, forced to that length, through the
whole client. Then 24 questions behind one long shared beginning, three times in other orders.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from codetune.models.embedded.server import EmbeddedServer
from codetune.models.open import run_requests
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.records import Message

SHARED = "You write short Python functions. " + "Here is one: def f(x): return x + 1. " * 20


def question(number: int, shared: bool) -> ChatRequest:
    user = Message(
        role="user", content=f"Write a Python function number {number} that sorts a list in a new way."
    )
    messages = (Message(role="system", content=SHARED), user) if shared else (user,)
    extra = {} if shared else {"ignore_eos": True}
    return ChatRequest(messages=messages, max_new_tokens=96 if shared else 128, extra=extra)


def answers(server: EmbeddedServer, numbers: list[int], shared: bool) -> Iterator[tuple[int, ChatReply]]:
    for index, outcome in run_requests(server, (question(n, shared) for n in numbers), store=None):
        assert isinstance(outcome, ChatReply), outcome
        yield numbers[index], outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 8, 16])
    options = parser.parse_args()
    print(
        "| slots | start, s | tokens/s | with a shared beginning, tokens/s | same answers in another order |"
    )
    print("| --: | --: | --: | --: | --: |")
    for slots in options.slots:
        begun = time.perf_counter()
        with EmbeddedServer(slots=slots) as server:
            started = time.perf_counter() - begun
            list(answers(server, list(range(slots)), shared=False))  # warm
            begun, tokens = time.perf_counter(), 0
            for _, reply in answers(server, list(range(100, 116 if slots == 1 else 164)), shared=False):
                tokens += reply.completion_tokens or 0
            rate = tokens / (time.perf_counter() - begun)
            answered: list[dict[int, str]] = []
            begun, tokens = time.perf_counter(), 0
            for repeat in range(3):
                order = random.Random(repeat).sample(range(24), 24)
                texts: dict[int, str] = {}
                for number, reply in answers(server, order, shared=True):
                    texts[number] = reply.text
                    tokens += reply.completion_tokens or 0
                answered.append(texts)
            shared_rate = tokens / (time.perf_counter() - begun)
            same = sum(answered[0][n] == other[n] for other in answered[1:] for n in answered[0])
            print(f"| {slots} | {started:.1f} | {rate:.0f} | {shared_rate:.0f} | {same} of 48 |", flush=True)
    for when, seconds in interrupts().items():
        print(f"Ctrl-C while {when}: ended after {seconds:.2f} s (promised: 2 s)", flush=True)


ENDLESS = """
from codetune.models.open import run_requests
from codetune.models.protocol import ChatRequest
from codetune.records import Message
questions = (
    ChatRequest(messages=(Message(role="user", content=f"Write function {number}"),), max_new_tokens=400)
    for number in range(1000)
)
print("begun", flush=True)
for _ in run_requests("local", questions, store=None, slots=2):
    pass
"""


def interrupts() -> dict[str, float]:
    """Seconds from SIGINT to the end of a run that loads the model, and of one that waits for answers."""
    found = {}
    for when, after in (("loading", 0.4), ("answering", 5.0)):
        command = [sys.executable, "-c", ENDLESS]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(after)
            begun = time.perf_counter()
            running.send_signal(signal.SIGINT)
            running.wait()
            found[when] = time.perf_counter() - begun
    return found


if __name__ == "__main__":
    main()
