"""A real HTTP server on loopback that answers HumanEval's items with their own solutions, as servers differ."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from codetune.evaluate.benchmarks.registry import load_problems
from codetune.records import Problem

__all__ = ["Kind", "SolvingServer"]

Kind = Literal[
    "continues",
    "whole-indentation",
    "continues-if-asked",
    "new-turn",
    "bare-program",
    "refuses-prefill",
    "text-only",
]
_CHARACTERS_PER_TOKEN = 3
_PROBLEMS = load_problems("humaneval")


class SolvingServer:
    """Answers as one kind of server does; answers are cut at `max_tokens`, and at no stop.

    Args:
        kind: `continues`: goes on from a begun assistant turn. `whole-indentation`: the same, but what is
            indented already is indented again. `continues-if-asked`: only with
            `continue_final_message`. `new-turn`: begins a new turn behind it, with a code block.
            `bare-program`: the same without a block. `refuses-prefill`: refuses it with 400, and text
            completion with 404. `text-only`: knows no chats.
        longest: Most tokens of any answer, whatever is asked for.
        port: 0 takes a free one.
        key: What each request has to show; None asks for none.
        models: Names that it lists.
    """

    def __init__(
        self,
        kind: Kind,
        longest: int | None = None,
        *,
        port: int = 0,
        key: str | None = None,
        models: tuple[str, ...] = ("solver",),
    ) -> None:
        self.kind = kind
        self.longest = longest
        self.asked: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                if self._may():
                    self._send(200, {"data": [{"id": name} for name in models]})

            def _may(self) -> bool:
                may = key is None or self.headers["authorization"] == f"Bearer {key}"
                if not may:
                    self._send(401, {"error": {"message": "Unauthorized"}})
                return may

            def do_POST(self) -> None:
                if not self._may():
                    return
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.asked.append(body)
                self._send(*outer.answer(self.path, body))

            def _send(self, status: int, content: dict[str, Any]) -> None:
                raw = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> SolvingServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        is_chat = path.endswith("/chat/completions")
        if is_chat and self.kind == "text-only":
            return 404, {"error": {"message": "this server has no chats"}}
        if not is_chat:
            if self.kind != "text-only":
                return 404, {"error": {"message": "this server completes no text"}}
            return 200, self._said(_rest(body["prompt"]), body, "text")
        last = body["messages"][-1]
        asked = "\n".join(message["content"] for message in body["messages"])
        if last["role"] == "assistant":
            if self.kind == "refuses-prefill":
                return 400, {"error": {"message": "the last message has to be the user's"}}
            if self.kind == "whole-indentation":
                return 200, self._said(_asked_for(asked).canonical_solution or "", body, "message")
            may = self.kind == "continues" or (
                self.kind == "continues-if-asked" and body.get("continue_final_message") is True
            )
            if may:
                return 200, self._said(_rest(last["content"]), body, "message")
        problem = _asked_for(asked)
        program = f"{problem.prompt}{problem.canonical_solution}"
        text = program if self.kind == "bare-program" else f"Here it is:\n\n```python\n{program}```\n"
        return 200, self._said(text, body, "message")

    def _said(self, text: str, body: dict[str, Any], place: str) -> dict[str, Any]:
        longest = min(body["max_tokens"], self.longest or body["max_tokens"])
        cut = text[: longest * _CHARACTERS_PER_TOKEN]
        reason = "length" if len(cut) < len(text) else "stop"
        said = {"text": cut} if place == "text" else {"message": {"role": "assistant", "content": cut}}
        tokens = {"prompt_tokens": 9, "completion_tokens": -(-len(cut) // _CHARACTERS_PER_TOKEN)}
        return {"choices": [{"index": 0, "finish_reason": reason, **said}], "usage": tokens}


def _asked_for(text: str) -> Problem:
    found = [p for p in _PROBLEMS if p.prompt.strip() in text]
    return max(found, key=lambda p: len(p.prompt))


def _rest(begun: str) -> str:
    """What follows a begun program, to the last space that stands already, and the end of the block."""
    problem = _asked_for(begun)
    body = re.sub(r"^(?:[ \t]*\n)+", "", problem.canonical_solution or "")
    whole = f"{problem.prompt.rstrip()}\n{body}"
    shown = begun[begun.index(problem.prompt.strip()) :]
    given = whole[whole.index(problem.prompt.strip()) :]
    assert given.startswith(shown), (given, shown)
    return given[len(shown) :] + "```\n"
