"""What tests of synthesis share: snippets, a context with a scripted model, and a server over HTTP."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from codetune.execution.protocol import Execution
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.records import Instruction, Record, Snippet, Verdict
from codetune.store.dataset import DatasetWriter, Shard
from codetune.store.run_card import Plan
from codetune.store.stage_output import StageOutput
from codetune.synth.config import SynthConfig
from codetune.synth.prompts.prompt_loading import load_prompts
from codetune.synth.registry import build_generator
from codetune.synth.runtime.generation_context import AskSettings, GenerationContext
from codetune.synth.runtime.program_runner import ProgramRunner


class ScriptedModel:
    """Answers as the test's function says; a text, or (text, finish_reason), or an error to raise."""

    name = "scripted"

    def __init__(self, answer: Callable[[ChatRequest], object]) -> None:
        self.answer = answer
        self.asked: list[ChatRequest] = []

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        said = self.answer(request)
        if isinstance(said, BaseException):
            raise said
        text, finish = said if isinstance(said, tuple) else (said, "stop")
        return ChatReply(
            text=text, finish_reason=finish, prompt_tokens=10, completion_tokens=5, model=self.name,
            key=f"{len(self.asked):032x}",
        )  # fmt: skip


class ScriptedExecutor:
    """Judges programs as the test's function says, without running them."""

    def __init__(self, judge: Callable[[object], Verdict] = lambda program: Verdict.PASS) -> None:
        self.judge = judge
        self.ran: list[object] = []

    def run(self, programs):
        for program in programs:
            self.ran.append(program)
            yield Execution(
                id=program.id, verdict=self.judge(program), cpu_seconds=0.0, wall_seconds=0.0, tier="none"
            )

    def close(self) -> None:
        pass


@pytest.fixture
def make_context():
    """A generator and its context: `make_context("evolve", answer, executor=..., options=..., **settings)`."""

    def make(
        generator,
        answer,
        *,
        executor=None,
        options=None,
        language="en",
        retries=1,
        voters=(),
        profile="small",
    ):
        config = SynthConfig(generator=generator, options=options or {}, language=language, profile=profile)
        built = build_generator(config, seed=0)
        model = ScriptedModel(answer)
        context = GenerationContext(
            model,
            load_prompts(built, language),
            ProgramRunner(lambda: executor if executor is not None else ScriptedExecutor()),
            AskSettings(retries=retries),
            tuple(ScriptedModel(voter) for voter in voters),
        )
        return built, context, model

    return make


def snippet(code: str, name: str, docstring: str | None = None, language: str = "python", **more) -> Snippet:
    return Snippet(
        code=code, name=name, docstring=docstring, programming_language=language, path="lib/x.py",
        license="MIT", source="test", **more,
    )  # fmt: skip


def instruction(text: str = "Write a function `double` that doubles a number.", **more) -> Instruction:
    return Instruction(
        **{"task": "code_generation", "instruction": text, "output": "", "source": "test", **more}
    )


def write_dataset(folder: Path, kind: type[Record], parts: list[list[Record]]) -> Path:
    with StageOutput(folder, Plan(stage="test", config={}, inputs={}, code="")) as output:
        writer = DatasetWriter(output, kind)
        for index, rows in enumerate(parts):
            writer.write(index, Shard(rows))
        writer.finish(title="test", description="test")
    return folder


_CANDIDATES = (
    "None", "1", "1.5", "'x'", "b'x'", "[1, 2]", "{'x': 1}", "{'x'}", "lambda *args, **kwargs: None",
    "threading.RLock()",
)  # fmt: skip


def fill(pattern: str, name: str) -> str:
    """Something that matches a slot's pattern."""
    bindings = [f"{name} = {value}" for value in _CANDIDATES]
    bindings += [f"def {name}(*args, **kwargs): return None", f"class {name}(dict): pass"]
    for candidate in (*_CANDIDATES, *bindings):
        if re.fullmatch(pattern, candidate):
            return candidate
    raise AssertionError(f"nothing known matches {pattern}")


def obedient(schema: dict, question: str) -> str:
    """What a flawless model would answer in both rounds of instruct-from-code."""
    if "instruction" in schema["properties"]:
        opening = re.search(r"Begin with: (.*)", question)[1]
        told = re.search(r"What it does: (.*)", question)
        return json.dumps({"instruction": f"{opening} does this: {told[1] if told else 'its work'}."})
    return json.dumps(
        {
            group: {name: fill(slot["pattern"], name) for name, slot in inner["properties"].items()}
            for group, inner in schema["properties"].items()
        }
    )


@dataclass(frozen=True)
class ErrorAnswer:
    """What a server says instead of answering."""

    status: int
    message: str


class ModelServer:
    """An OpenAI-compatible server on loopback in a thread of its own; counts what it is asked.

    `answer` gives a text, a pair of text and finish reason, or an `ErrorAnswer`.
    """

    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.asked_at: list[float] = []
        self.headers: list[dict[str, str]] = []
        self.models = ["tiny"]
        self.told: dict[str, object] = {}
        """More that `/v1/models` says of each model."""
        self.props: dict[str, object] | None = None
        """What `/props` answers; None is a 404."""
        self.closes = False
        """Whether it closes the connection after each answer, without having said so."""
        self.answer: Callable[[dict], str | tuple[str, str] | ErrorAnswer] = lambda body: obedient(
            body["response_format"]["json_schema"]["schema"], body["messages"][-1]["content"]
        )
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/v1/models":
                    data = [{"id": name, **outer.told} for name in outer.models]
                    self._send({"object": "list", "data": data})
                elif self.path == "/props" and outer.props is not None:
                    self._send(outer.props)
                else:
                    self._send({"error": {"message": "Not Found"}}, 404)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(body)
                outer.asked_at.append(time.monotonic())
                outer.headers.append(dict(self.headers))
                said = outer.answer(body)
                if not isinstance(said, str | tuple):
                    self._send({"error": {"message": said.message}}, said.status)
                    return
                text, finish = said if isinstance(said, tuple) else (said, "stop")
                choice = {"index": 0, "finish_reason": finish, "message": {"content": text}}
                self._send({"choices": [choice], "usage": {"prompt_tokens": 1000, "completion_tokens": 50}})
                self.close_connection = self.close_connection or outer.closes

            def _send(self, plain: dict, status: int = 200) -> None:
                data = json.dumps(plain).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.close()
