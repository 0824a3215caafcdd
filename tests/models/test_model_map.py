"""The model map: both forms, every fault with its line, and keys that stay secret."""

import json
import subprocess
import sys

import pytest

from codetune.errors import ConfigError
from codetune.models.model_map import Mix, load_model_map
from codetune.models.open import open_model, run_requests
from codetune.models.protocol import ChatRequest
from codetune.models.spec import EndpointSpec
from codetune.records import Message

KEY = "sk-do-not-tell-anybody"


def write(tmp_path, text, name="models.yaml"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_programming_instructs_form(tmp_path, indent):
    text = json.dumps({"deepseek": {"base": "http://127.0.0.1:8000/v1", "api": KEY}}, indent=indent)
    found = load_model_map(write(tmp_path, text, "model_map.json"))
    [endpoint] = found["deepseek"].endpoints
    assert found["deepseek"].name == "deepseek"
    assert endpoint.base == "http://127.0.0.1:8000/v1"
    assert endpoint.resolved_headers() == {"Authorization": f"Bearer {KEY}"}


def test_grown_up_form(tmp_path, monkeypatch):
    monkeypatch.setenv("KEY_A", KEY)
    (tmp_path / "key").write_text(f"{KEY}-b\n")
    path = write(
        tmp_path,
        f"""
models:
  teacher:
    model: Qwen/Qwen2.5-Coder-32B-Instruct
    price: {{input: 0.1, output: 0.3}}
    body: {{repetition_penalty: 1.05}}
    timeout_seconds: 30
    endpoints:
      - {{base: "http://a:8000/v1", api_env: KEY_A, weight: 2}}
      - {{base: "http://b:8000/v1", api_file: {tmp_path}/key, requests_per_minute: 600, headers: {{X-Team: $KEY_A}}}}
  small: {{base: "http://c/v1"}}
  both:
    mix: {{teacher: 0.7, small: 0.3}}
""",
    )
    found = load_model_map(path)
    first, second = found["teacher"].endpoints
    assert found["teacher"].name == "Qwen/Qwen2.5-Coder-32B-Instruct"
    assert (first.weight, first.timeout_seconds, second.timeout_seconds) == (2.0, 30.0, 30.0)
    assert first.key() == KEY and second.key() == f"{KEY}-b"
    assert second.resolved_headers()["X-Team"] == KEY
    assert found["teacher"].price.cost(1e6, 1e6) == pytest.approx(0.4)
    assert isinstance(found["both"], Mix)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "names no model"),
        ("a: {}", "base"),
        (f"a: {{base: 'http://me:{KEY}@x/v1'}}", "must not hold"),
        ("a: {endpoints: []}", "at least one"),
        ("a: http://x/v1", "must have `base` or `endpoints`"),
        ("a: {base: ftp://x}", "a.base: the model's URL is wrong: it must begin with http"),
        ("a: {base: http://x/v1, wieght: 2}", "did you mean 'weight'"),
        ("a: {base: http://x/v1, wieght: 2}", "wieght"),
        (f"a: {{base: http://x/v1, api: {KEY}, api_env: B}}", "one of api, api_env, api_file"),
        ("a: {base: http://x/v1}\nb: {mix: {c: 1}}", "no model is called 'c'"),
        ("a: {base: http://x/v1}\nb: {mix: {a: 1}}\nc: {mix: {b: 1}}", "itself a mix"),
        ("a: {base: http://x/v1}\nb: {mix: {a: 0}}", "above 0"),
        ("a: {base: http://x/v1}\na: {base: http://y/v1}", "twice"),
        ("a: {base: http://x/v1, api: [1", "not valid YAML"),
        (f"a: {{base: http://x/v1, api: ['{KEY}']}}", "api"),
        (f"a: {{base: http://x/v1, headers: {{X: ['{KEY}']}}}}", "headers"),
        (f"a: {{base: http://x/v1, weight: -1, api: {KEY}}}", "weight"),
    ],
)
def test_faults_are_told_without_the_key(tmp_path, text, said):
    with pytest.raises(ConfigError) as caught:
        load_model_map(write(tmp_path, text))
    assert said in str(caught.value)
    assert KEY not in str(caught.value) + repr(caught.value)


def test_all_faults_at_once_with_their_lines(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_model_map(write(tmp_path, "a:\n  base: nowhere\nb:\n  base: http://x/v1\n  wight: 3\n"))
    assert [line.split(":")[0] for line in str(caught.value).splitlines()[1:-1]] == ["  line 2", "  line 5"]


def test_keys_that_are_missing(tmp_path, monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    with pytest.raises(ConfigError, match="set the environment variable NOT_SET"):
        EndpointSpec(base="http://x/v1", api_env="NOT_SET").resolved_headers()
    with pytest.raises(ConfigError, match="first line of that file"):
        EndpointSpec(base="http://x/v1", api_file=tmp_path / "absent").resolved_headers()
    with pytest.raises(ConfigError, match="header X"):
        EndpointSpec(base="http://x/v1", headers={"X": "$NOT_SET"}).resolved_headers()


def test_a_key_is_in_no_dump():
    spec = EndpointSpec(base="http://x/v1", api=KEY, headers={"X-Key": KEY})
    assert KEY not in repr(spec) + str(spec.model_dump()) + spec.model_dump_json()


def test_a_name_that_is_not_in_the_map(tmp_path):
    path = write(tmp_path, "a: {base: http://x/v1}")
    with pytest.raises(ConfigError, match=r"no model is called b .*take a, local"):
        list(run_requests("b", [], store=None, model_map=path))
    with pytest.raises(ConfigError, match="give a model map"):
        list(run_requests("b", [], store=None))


RUN = """
import asyncio, logging, sys
from pathlib import Path
logging.basicConfig(level=logging.DEBUG)
from codetune.models.open import run_requests
from codetune.models.protocol import ChatRequest
from codetune.records import Message
question = ChatRequest(messages=(Message(role="user", content="hi"),), max_new_tokens=5)
for index, outcome in run_requests("m", [question], store=Path(sys.argv[1]) / "requests.sqlite",
                                   model_map=Path(sys.argv[1]) / "models.yaml"):
    print(index, outcome, repr(outcome))
"""


@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_no_file_log_or_error_ever_holds_the_key(tmp_path, scripted, status):
    """Whatever the server says, with every log switched on; the server even says the key back."""
    import asyncio

    def answer(server, body):
        assert server.headers[-1]["Authorization"] == f"Bearer {KEY}"
        if status == 200:
            return server.reply("hello")
        return server.error(status, f"Incorrect key provided: {KEY}.")

    scripted.answer = answer

    async def main():
        async with scripted:
            write(tmp_path, f"m: {{base: '{scripted.url}', api_env: THE_KEY, attempts: 1}}")
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", RUN, str(tmp_path), stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, env={"THE_KEY": KEY, "PATH": "/usr/bin:/bin"},
            )  # fmt: skip
            return await process.communicate()

    out, err = asyncio.run(main())
    assert scripted.asked, err.decode()
    assert KEY.encode() not in out + err
    for path in tmp_path.iterdir():
        assert KEY.encode() not in path.read_bytes(), path.name


def test_a_mix_sends_each_request_to_the_same_model_every_time(tmp_path, scripted):
    import asyncio

    scripted.answer = lambda server, body: server.reply(body["model"])
    questions = [
        ChatRequest(messages=(Message(role="user", content=str(number)),), max_new_tokens=5)
        for number in range(200)
    ]

    async def main():
        async with scripted:
            path = write(
                tmp_path,
                f"a: {{base: '{scripted.url}'}}\nb: {{base: '{scripted.url}'}}\nx: {{mix: {{a: 3, b: 1}}}}",
            )
            tellings = []
            for order in (questions, questions[::-1]):
                async with open_model("x", store=None, model_map=path) as model:
                    assert model.name == "x"
                    replies = await asyncio.gather(*(model.chat(each) for each in order))
                    tellings.append(
                        {q.messages[0].content: r.model for q, r in zip(order, replies, strict=True)}
                    )
            return tellings

    first, second = asyncio.run(main())
    assert first == second
    assert 120 < list(first.values()).count("a") < 180
