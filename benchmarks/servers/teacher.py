"""A scripted teacher: an OpenAI-compatible server on loopback whose answers are given beforehand.

It knows which of our prompts it is asked by the opening of the system turn, and which row by a text of
the row (or of an earlier answer) that stands in the last user turn.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

KINDS = {
    "You write programming tasks": "statement",
    "你根据现有代码编写": "statement",
    "You complete a piece of code": "program",
    "You solve the task as it": "solution",
    "You are a careful Python programmer. You solve": "solution",
    "You check texts about code": "score",
    "You turn a programming task": "evolved",
    "你把一个编程任务": "evolved",
    "You decide whether a changed": "score",
    "You invent self-contained": "problem",
    "你设计自成一体": "problem",
    "You solve programming problems": "answer",
    "You invent programming tasks": "tasks",
    "你负责设计编程任务": "tasks",
    "You say what code does": "text",
    "你为想要使用代码的人": "text",
    "You explain why code": "text",
    "你说明代码为什么": "text",
    "You review code": "text",
    "你像有经验的同事": "text",
    "You write tests": "tests",
    "You think of inputs": "calls",
    "You are a careful Python programmer. You answer": "answer",
    "You are an experienced": "answer",
    "你是一位经验丰富": "answer",
    "You translate texts": "translation",
    "You grade training": "scores",
    "你把一段代码补全": "program",
    "你是一位严谨的 Python 程序员。按照": "solution",
    "你是一位严谨的 Python 程序员。只用": "answer",
    "你核对关于代码": "score",
    "你判断改造后": "score",
    "你解决编程题": "answer",
    "你根据任务为 Python": "tests",
    "你为函数设计": "calls",
    "你为程序员翻译": "translation",
    "你为编程助手的训练样本": "scores",
}
"""Beginning of a system turn -> what is asked for."""

SCORES = ("score", "scores")
"""Kinds that a judge answers."""
ERRS = 10
"""One score of so many is turned round by a judge that errs."""

Answer = str | tuple[str, str]
"""A text, or (text, finish_reason)."""


@dataclass
class Script:
    """What is answered for one row.

    Attributes:
        keys: Texts that tell the row by standing in a question.
        answers: Kind -> answer, or a function of the last user turn.
    """

    keys: tuple[str, ...]
    answers: Mapping[str, Answer | Callable[[str], Answer]]


@dataclass
class Teacher:
    """The server; `with Teacher(scripts) as url`."""

    scripts: list[Script]
    judge: Literal["right", "errs", "none"] = "right"
    """Whether scores are as scripted, one in ten is turned round, or all are 5, as if nobody judged."""
    asked: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)

    def answer(self, body: dict) -> Answer:
        system, user = body["messages"][0]["content"], self._question(body)
        kind = next((kind for opening, kind in KINDS.items() if system.startswith(opening)), "?")
        self.asked[kind] += 1
        flat = " ".join(user.split())
        found = [
            (len(key), s) for s in self._by_kind(kind) for key in s.keys if " ".join(key.split()) in flat
        ]
        if not found:
            self.unknown.append(f"{kind}: {user[:200]}")
            if kind == "score":  # a text that no script foresaw is wrong, and a judge that is right says so
                return self._judged('{"reason": "It is about something else.", "score": 1}', flat)
            return "It is done as the task says, step by step, and that is the whole result."
        said = max(found, key=lambda pair: pair[0])[1].answers[kind]
        answer = said(user) if callable(said) else said
        return self._judged(answer, flat) if kind in SCORES and isinstance(answer, str) else answer

    def _judged(self, answer: str, question: str) -> str:
        if self.judge == "none":
            return re.sub(r'("score": )\d(\.0)?', r"\g<1>5", answer)
        if self.judge == "errs" and int(sha256(question.encode()).hexdigest(), 16) % ERRS == 0:
            return re.sub(r'("score": )(\d)(\.0)?', lambda m: f"{m[1]}{1 if int(m[2]) > 2 else 5}", answer)
        return answer

    def _by_kind(self, kind: str) -> list[Script]:
        return [script for script in self.scripts if kind in script.answers]

    @staticmethod
    def _question(body: dict) -> str:
        turns = [m["content"] for m in body["messages"] if m["role"] == "user"]
        return (
            turns[-2] if turns[-1].startswith(("That answer can't be used", "这个回答不能用")) else turns[-1]
        )

    def __enter__(self) -> str:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._send({"object": "list", "data": [{"id": "teacher"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                said = outer.answer(body)
                text, finish = said if isinstance(said, tuple) else (said, "stop")
                choice = {
                    "index": 0,
                    "finish_reason": finish,
                    "message": {"role": "assistant", "content": text},
                }
                usage = {"prompt_tokens": 100, "completion_tokens": len(text) // 4}
                self._send({"choices": [choice], "usage": usage})

            def _send(self, plain: dict) -> None:
                data = json.dumps(plain).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
