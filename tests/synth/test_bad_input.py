"""What users and servers get wrong, on the command line: one sentence, and nothing half-written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.synth.conftest import ErrorAnswer, ModelServer, obedient, snippet, write_dataset

from codetune.cli.main import run as command
from codetune.records import Instruction, Snippet
from codetune.store.dataset import Dataset

KEY = "sk-a-secret-that-nobody-may-read-0123456789"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [snippet(f"def add_{i}(x):\n    return x + {i}\n", f"add_{i}", f"Add {i} to x.") for i in range(4)]
    return write_dataset(tmp_path / "in", Snippet, [rows])


@pytest.fixture
def synth(source: Path, tmp_path: Path, model_server: ModelServer):
    """Run round one of instruct-from-code with more words; the exit code."""

    def run(*words: str, model: str = model_server.url) -> int:
        options = ["--profile", "small", "--set", "complete=false", "--set", "retries=0", "--model", model]
        return command(
            ["synth", "instruct-from-code", str(source), "-o", str(tmp_path / "out"), *options, *words]
        )

    return run


def model_map(tmp_path: Path, url: str, **more: object) -> str:
    path = tmp_path / "models.json"
    path.write_text(json.dumps({"teacher": {"base": url, **more}}))
    return str(path)


def rows(tmp_path: Path) -> tuple[list[Instruction], list[dict]]:
    dataset = Dataset(tmp_path / "out", Instruction)
    return list(dataset), list(dataset.rejects())


def test_nobody_answers(synth, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = model_map(tmp_path, "http://127.0.0.1:9/v1", attempts=2)
    assert synth("--model-map", path, model="teacher") == 2
    said = capsys.readouterr().err
    assert "no endpoint of teacher answers" in said and "127.0.0.1:9" in said and "Traceback" not in said
    assert not (tmp_path / "out").exists()  # the mended command may use it
    assert synth(model="http://127.0.0.1:9/v1") == 2
    assert "no server answers there" in capsys.readouterr().err
    assert not (tmp_path / "out" / "run.json").exists()


def test_a_key_is_missing(synth, tmp_path: Path, model_server, capsys: pytest.CaptureFixture[str]) -> None:
    path = model_map(tmp_path, model_server.url, api_env="A_KEY_NOBODY_SET")
    assert synth("--model-map", path, model="teacher") == 2
    assert "set the environment variable A_KEY_NOBODY_SET" in capsys.readouterr().err
    assert not model_server.asked


def test_the_server_does_not_know_the_model(
    synth, tmp_path: Path, model_server, capsys: pytest.CaptureFixture[str]
) -> None:
    model_server.models = ["qwen-7b", "qwen-32b"]
    model_server.answer = lambda body: ErrorAnswer(404, f"The model `{body['model']}` does not exist.")
    assert synth("--model-map", model_map(tmp_path, model_server.url), model="teacher") == 2
    assert "no model called teacher; it has qwen-7b, qwen-32b" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()  # the mended command may use it
    assert synth() == 2  # a URL with several models
    assert "qwen-7b, qwen-32b" in capsys.readouterr().err


def test_a_prompt_asks_for_what_it_is_not_given(
    synth, tmp_path: Path, model_server, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own").mkdir()
    text = "{% block system %}x{% endblock %}{% block user %}{{ cod }}{% endblock %}"
    (tmp_path / "own" / "instruct_from_code.en.jinja").write_text(text)
    assert synth("--prompts", str(tmp_path / "own")) == 2
    said = capsys.readouterr().err
    assert "'cod'" in said and "instruct_from_code.en.jinja" in said and "code" in said
    assert not model_server.asked and not (tmp_path / "out").exists()


HELD = "server holds the model to the schema"


def test_a_schema_the_server_refuses_is_asked_without_its_bounds(
    synth, tmp_path: Path, model_server, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = model_server.answer

    def answer(body: dict) -> object:
        if "maxLength" in json.dumps(body["response_format"]):
            return ErrorAnswer(400, "Invalid schema for response_format 'answer': maxLength is not permitted")
        return plain(body)

    model_server.answer = answer
    assert synth("--set", "in_flight=1") == 0
    kept, refused = rows(tmp_path)
    assert len(kept) == 4 and not refused and len(model_server.asked) == 5, "one refusal taught it"
    checks = [check for row in kept for check in row.lineage.checks if check.check == HELD]
    assert [(check.verdict, check.detail) for check in checks] == [("not run", "asked by simple_schema")] * 4
    card = json.loads((tmp_path / "out" / "run.json").read_text())
    assert card["results"]["checks"][HELD] == {"not run": 4}
    assert capsys.readouterr().err.count("refuses a JSON Schema with these bounds") == 1


def test_a_refusal_for_something_else_is_a_row_with_the_servers_words(
    synth, tmp_path: Path, model_server
) -> None:
    plain = model_server.answer

    def answer(body: dict) -> object:
        if "add_2" in body["messages"][-1]["content"]:
            return ErrorAnswer(400, "the JSON of this question is not to our taste")
        return plain(body)

    model_server.answer = answer
    assert synth() == 0
    kept, refused = rows(tmp_path)
    assert len(kept) == 3 and [r["reason"] for r in refused] == ["request refused"]
    assert "not to our taste" in refused[0]["detail"]
    assert not [check for row in kept for check in row.lineage.checks if check.check == HELD]


def test_a_server_without_schemas_is_asked_in_words(
    synth, tmp_path: Path, model_server, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(body: dict) -> object:
        if "response_format" in body:
            return ErrorAnswer(400, "response_format is not supported")
        question = body["messages"][-1]["content"]
        assert '"instruction"' in question, "the schema has to be in the words"
        return "Sure:\n```json\n" + obedient({"properties": {"instruction": {}}}, question) + "\n```"

    model_server.answer = answer
    assert synth("--set", "in_flight=1") == 0
    kept, refused = rows(tmp_path)
    assert len(kept) == 4, [r["detail"] for r in refused]
    assert {c.detail for row in kept for c in row.lineage.checks if c.check == HELD} == {"asked by prompt"}
    assert capsys.readouterr().err.count("the prompt states the schema") == 1


def test_what_overflows_the_context_is_shortened_or_refused_with_its_size(
    synth, source: Path, tmp_path: Path, model_server
) -> None:
    long = "def add_9(x):\n" + "".join(f"    x = x + {i}  # {'word ' * 6}\n" for i in range(30))
    rows_in = [
        snippet(long, "add_9", "Add numbers to x."),
        snippet("def f(x):\n    return x\n", "f", "Give x back."),
    ]
    write_dataset(tmp_path / "more", Snippet, [rows_in])
    plain = model_server.answer
    limit = 1600

    def answer(body: dict) -> object:
        size = sum(len(message["content"]) for message in body["messages"])
        if size > limit:
            return ErrorAnswer(400, f"This model's maximum context length is {limit} tokens, not {size}.")
        return plain(body)

    model_server.answer = answer
    words = [str(tmp_path / "more"), "--set", "min_grounded=0", "--set", "shots=0"]
    assert synth(*words) == 0
    kept, _ = rows(tmp_path)
    (row,) = [row for row in kept if "add_9" in row.instruction]
    (cut,) = [check for check in row.lineage.checks if check.check == "fits the context"]
    assert "cut to" in (cut.detail or "") and row.output == long
    assert not [c for row in kept if row is not cut for c in row.lineage.checks if c.verdict == "failed"]

    limit = 10
    assert (
        command(
            [
                "synth",
                "summarize",
                "--profile",
                "small",
                str(source),
                "-o",
                str(tmp_path / "small"),
                "--model",
                model_server.url,
            ]
        )
        == 1
    )
    refused = list(Dataset(tmp_path / "small", Instruction).rejects())
    assert {r["reason"] for r in refused} == {"context overflow"} and len(refused) == 4
    assert all("tokens of question" in r["detail"] and "maximum context" in r["detail"] for r in refused)


def test_an_answer_of_50_mb_is_refused_and_the_others_come_in(synth, tmp_path: Path, model_server) -> None:
    plain = model_server.answer

    def answer(body: dict) -> str:
        return "x" * (50 << 20) if "add_1" in body["messages"][-1]["content"] else plain(body)

    model_server.answer = answer
    assert synth() == 0
    kept, refused = rows(tmp_path)
    assert len(kept) == 3 and "larger than 16 MiB" in refused[0]["detail"]
    assert (tmp_path / "cache" / "requests.sqlite").stat().st_size < 1 << 20


def test_a_server_that_closes_after_each_answer(synth, tmp_path: Path, model_server) -> None:
    model_server.closes = True
    assert synth("--set", "in_flight=1") == 0
    kept, refused = rows(tmp_path)
    assert len(kept) == 4 and not refused


@pytest.mark.parametrize("fails", [False, True])
def test_a_key_is_nowhere_in_what_a_run_leaves_or_says(
    synth, tmp_path: Path, model_server, monkeypatch: pytest.MonkeyPatch, capsys, fails: bool
) -> None:
    monkeypatch.setenv("TEACHER_KEY", KEY)
    plain = model_server.answer
    model_server.answer = lambda body: ErrorAnswer(400, f"not with the key {KEY}") if fails else plain(body)
    path = model_map(tmp_path, model_server.url, api_env="TEACHER_KEY", headers={"X-Team": "$TEACHER_KEY"})
    assert synth("--model-map", path, model="teacher") == (1 if fails else 0)
    assert model_server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert model_server.headers[0]["X-Team"] == KEY
    assert command(["requests", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert KEY not in said.out + said.err
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) > 4
    assert not [file for file in files if KEY.encode() in file.read_bytes()]
    if fails:
        assert all("not with the key **" in r["detail"] for r in rows(tmp_path)[1])


def test_a_password_in_a_url_is_refused_and_not_repeated(synth, capsys: pytest.CaptureFixture[str]) -> None:
    assert synth(model=f"http://me:{KEY}@127.0.0.1:9/v1") == 2
    said = capsys.readouterr()
    assert "must not hold a user or a password" in said.err and KEY not in said.out + said.err
