"""APEval asked for edits: right and broken answers, in each format and each way of asking."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codetune.cli.main import app
from codetune.edits.formats.registry import EDIT_FORMATS
from codetune.errors import UsageError
from codetune.evaluate.benchmarks.registry import load_problems
from codetune.evaluate.prompts.styles import style
from codetune.records import Problem, Revision

START = "<|next_start|>"
BROKEN = {
    "never closes": ("whole-file", f"{START}```python\ndef f(): pass", "code block never closes"),
    "two blocks": ("whole-file", "```\na\n```\nor\n```\nb\n```", "several code blocks"),
    "no block": ("whole-file", "I would rather not.", "no code block"),
    "no range": ("locate-and-change", "```\nreturn 1\n```", "no line range"),
    "outside": ("locate-and-change", "900,901\n```\nreturn 1\n```", "lines outside the file"),
    "missing text": ("search-and-replace", "```\nno such line\n<|search_and_replace|>\nx\n```", "not found"),
    "ambiguous": ("search-and-replace", "```\n    x = 1\n<|search_and_replace|>\nx\n```", "several times"),
    "no separator": ("search-and-replace", "```\nreturn 1\n```", "no separator"),
}


@contextmanager
def answering(answer: Callable[[str], str]) -> Iterator[str]:
    """A server over HTTP that answers a chat's last turn, or a text, as the function says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._send({"data": [{"id": "editor"}]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if "messages" in body:
                said = answer(body["messages"][-1]["content"])
                choice: dict[str, object] = {"message": {"role": "assistant", "content": said}}
            else:
                choice = {"text": answer(body["prompt"])}
            self._send({"model": "editor", "choices": [{**choice, "index": 0, "finish_reason": "stop"}]})

        def _send(self, content: dict[str, object]) -> None:
            raw = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def problems(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> list[Problem]:
    monkeypatch.setenv("CODETUNE_DATA", str(shared_data))
    return load_problems("apeval")


def right_answer(problem: Problem, name: str) -> str:
    kind, _, form = name.partition("+")
    assert problem.edit is not None
    text = EDIT_FORMATS[form].render(
        problem.edit.current.code, str(problem.canonical_solution), "python", "Done."
    )
    return text.removeprefix(START) if kind == "turns" else text


def evaluated(url: str, folder: Path, *options: str) -> dict[str, object]:
    result = CliRunner().invoke(
        app, ["eval", *options, "--model", url, "-o", str(folder), "--test-isolation", "standard"]
    )
    assert result.exit_code == 0, result.output
    score: dict[str, object] = json.loads((folder / "score.json").read_text())
    return score


@pytest.mark.parametrize("form", EDIT_FORMATS)
@pytest.mark.parametrize("kind", ["chat", "completion", "turns"])
def test_the_right_edit_makes_the_right_program(problems: list[Problem], kind: str, form: str) -> None:
    name = f"{kind}+{form}"
    for problem in problems:
        read = style(name).program(problem, right_answer(problem, name), False)
        assert (read.code, read.fault) == (problem.canonical_solution, "")


def test_a_model_of_turns_sees_the_tokens_and_goes_on_from_a_begun_edit(problems: list[Problem]) -> None:
    problem = next(p for p in problems if p.edit and p.edit.history and p.edit.user and p.edit.area)
    asked = style("turns+whole-file").request(problem, {"max_new_tokens": 8})
    assert asked.prompt is not None
    roles = [part.partition("\n")[0] for part in asked.prompt.split("<|im_start|>")[1:]]
    assert problem.edit is not None
    assert roles == ["system", *["history"] * len(problem.edit.history), "current", "user", "assistant"]
    assert asked.prompt.endswith(f"<|im_start|>assistant\n{START}")
    assert "<|target" in asked.prompt
    assert asked.extra == {"skip_special_tokens": False}


@pytest.mark.parametrize(("form", "answer", "reason"), BROKEN.values(), ids=BROKEN)
def test_an_answer_that_cant_be_applied_has_a_reason(
    problems: list[Problem], form: str, answer: str, reason: str
) -> None:
    problem = problems[0]
    assert problem.edit is not None
    if "several times" in reason:
        twice = Revision(code="    x = 1\nelse:\n    x = 1", programming_language="python")
        problem = replace(problem, edit=replace(problem.edit, current=twice))
    read = style(f"chat+{form}").program(problem, answer, False)
    assert read.code == ""
    assert reason in read.fault


def test_broken_edits_are_a_verdict_of_their_own(problems: list[Problem], tmp_path: Path) -> None:
    asked = "chat+search-and-replace"
    by_prompt = {style(asked).request(p, {"max_new_tokens": 8}).messages[0].content: p for p in problems}

    def answer(prompt: str) -> str:
        problem = by_prompt[prompt]
        if int(problem.task_id.rpartition("/")[2]) % 2:
            return BROKEN["missing text"][1]
        return right_answer(problem, asked)

    with answering(answer) as url:
        score = evaluated(
            url, tmp_path / "out", "apeval", "--limit", "8", "--edit-format", "search-and-replace"
        )
    counts = score["verdicts"]
    assert isinstance(counts, dict)
    assert set(counts) == {"PASS", "NO_EDIT"}
    assert sum(counts.values()) == 8
    assert score["extractors"] == {
        "search-and-replace": counts["PASS"], "not applied, search text not found": counts["NO_EDIT"],
    }  # fmt: skip


def test_a_benchmark_without_edits_refuses_the_option(tmp_path: Path) -> None:
    with answering(lambda prompt: "") as url:
        result = CliRunner().invoke(
            app,
            ["eval", "humaneval", "--model", url, "--edit-format", "whole-file", "-o", str(tmp_path / "o")],
        )
    assert isinstance(result.exception, UsageError)
    assert "humaneval asks for no edits" in str(result.exception)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("form", EDIT_FORMATS)
def test_all_items_pass_with_right_edits(problems: list[Problem], tmp_path: Path, form: str) -> None:
    name = f"turns+{form}"
    by_prompt = {style(name).request(p, {"max_new_tokens": 8}).prompt: p for p in problems}
    with answering(lambda prompt: right_answer(by_prompt[prompt], name)) as url:
        score = evaluated(url, tmp_path / "out", "apeval", "--edit-format", form, "--style", "turns")
    assert score["verdicts"] == {"PASS": 164}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_evalplus_tests_are_run_beside_the_old_ones(problems: list[Problem], tmp_path: Path) -> None:
    name = "chat+whole-file"
    by_prompt = {style(name).request(p, {"max_new_tokens": 8}).messages[0].content: p for p in problems}
    with answering(lambda prompt: right_answer(by_prompt[prompt], name)) as url:
        score = evaluated(
            url, tmp_path / "out", "apeval+2023-04", "--limit", "12", "--edit-format", "whole-file"
        )
    # HumanEval's own solutions: EvalPlus found some of them wanting on inputs that it added.
    base, verdicts = score["base_pass_at_k"], score["verdicts"]
    assert isinstance(base, dict) and isinstance(verdicts, dict)
    assert base["1"]["value"] == 1.0 and 10 <= verdicts["PASS"] <= 12


def test_a_folder_with_the_edit_tokens_is_asked_in_turns(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from tests.tiny_llama import write_tiny_llama

    from codetune.evaluate.backends.backend import find_backend
    from codetune.train.weights.base_model import BaseModel
    from codetune.train.weights.edit_tokens import add_edit_tokens

    plain = write_tiny_llama(tmp_path / "plain")
    add_edit_tokens(BaseModel.find(str(plain)), tmp_path / "editor", cache=tmp_path)
    assert not find_backend(str(plain)).has_edit_tokens
    assert find_backend(str(tmp_path / "editor")).has_edit_tokens
