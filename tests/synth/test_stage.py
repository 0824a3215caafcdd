"""The stage over HTTP with a real client, a real store and a real sandbox; only the model is scripted."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tests.synth.conftest import ModelServer, instruction, obedient, snippet, write_dataset
from tests.waiting import wait_until

from codetune.engine.local import LocalEngine
from codetune.errors import ConfigError, UsageError
from codetune.models.budget.budget import BudgetSpentError
from codetune.records import Instruction, Snippet
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.synth.config import SynthConfig
from codetune.synth.runtime.dry_run import dry_run
from codetune.synth.stage import run


def functions(count: int) -> list[Snippet]:
    return [
        snippet(
            f'def scale_{i}(number):\n    """Scale a number by {i}."""\n    return math.floor(number * {i} + 1)\n',
            f"scale_{i}",
            f"Scale a number by {i}.",
        )
        for i in range(count)
    ]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "in", Snippet, [functions(12)])


def config(server: ModelServer, **more) -> SynthConfig:
    return SynthConfig(**{"profile": "small", "model": server.url, "in_flight": 4, **more})


def data_bytes(folder: Path) -> list[bytes]:
    return [p.read_bytes() for p in sorted([*folder.glob("data/*"), *folder.glob("rejects/*")])]


def test_rows_are_checked_and_say_who_wrote_what(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    card = run(config(model_server), [source], tmp_path / "out", context)
    assert card.counts["kept"] == 12 and card.counts["rejected"] == 0
    row = next(iter(Dataset(tmp_path / "out", Instruction)))
    assert "scale_" in row.instruction and row.output.startswith("import math\n")
    assert [g.field for g in row.lineage.generated] == ["instruction", "output"]
    assert {g.prompt for g in row.lineage.generated} == {"instruct_from_code.en", "complete_python.en"}
    assert [(c.check, c.verdict) for c in row.lineage.checks] == [
        ("statement", "passed"), ("parses", "passed"), ("original code unchanged", "passed"), ("runs", "passed"),
        ("branches", "passed"), ("stand-ins", "passed"),
    ]  # fmt: skip
    assert card.results["checks"]["runs"] == {"passed": 12}
    assert len(model_server.asked) == 24


def test_a_rerun_asks_nothing_and_neither_does_another_folder(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    run(config(model_server), [source], tmp_path / "out", context)
    asked = len(model_server.asked)
    run(config(model_server), [source], tmp_path / "out", context)
    run(config(model_server, in_flight=1), [source], tmp_path / "again", context)
    assert len(model_server.asked) == asked
    assert data_bytes(tmp_path / "out") == data_bytes(tmp_path / "again")


def test_parts_and_workers_do_not_change_a_row(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    run(config(model_server, part_rows=5), [source], tmp_path / "one", context)
    with LocalEngine(2) as engine:
        several = replace(context, engine=engine)
        run(config(model_server, part_rows=5), [source], tmp_path / "two", several)
    assert data_bytes(tmp_path / "one") == data_bytes(tmp_path / "two")


def test_what_fails_is_refused_with_its_reason(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    def answer(body: dict) -> str:
        question = (
            body["messages"][-1]["content"] if len(body["messages"]) < 7 else body["messages"][-3]["content"]
        )
        schema = body["response_format"]["json_schema"]["schema"]
        if "scale_3(" in question and "instruction" in schema["properties"]:
            return "no json at all"
        if "scale_4(" in question and "arguments" in schema["properties"]:
            return json.dumps({"arguments": {"number": "['text']"}})
        return obedient(schema, question)

    model_server.answer = answer
    card = run(config(model_server), [source], tmp_path / "out", context)
    refused = {r["instruction"] or r["output"][:12]: r for r in Dataset(tmp_path / "out").rejects()}
    assert card.counts["kept"] + card.counts["rejected"] == 12
    reasons = {r["reason"]: r for r in refused.values()}
    assert "no json at all" in reasons["invalid JSON"]["detail"]
    assert reasons["invalid JSON"]["stage"] == "synth"
    assert set(reasons) <= {"invalid JSON", "not as the schema says", "did not run"}
    assert len(refused) == 2


@pytest.mark.parametrize("secrets", [True, False])
def test_a_row_with_a_credential_is_never_sent(
    tmp_path: Path, context: StageContext, model_server: ModelServer, secrets: bool
) -> None:
    key = "AKIA" + "Q3EGRT5YHJ7KLM2P"
    rows = functions(4)
    rows[2] = snippet(
        f'def connect_2(number):\n    """Connect."""\n    return login("{key}", number)\n', "connect_2"
    )
    source = write_dataset(tmp_path / "in", Snippet, [rows])
    card = run(config(model_server, secrets=secrets), [source], tmp_path / "out", context)
    sent = any(key in json.dumps(body) for body in model_server.asked)
    stored = any(key.encode() in path.read_bytes() for path in context.cache.glob("requests*"))
    assert (sent, stored) == (not secrets, not secrets)
    reasons = [row["reason"] for row in Dataset(tmp_path / "out").rejects()]
    assert ("secret" in reasons) == secrets
    assert card.counts["kept"] + card.counts["rejected"] == 4


def test_a_credential_in_the_tests_of_a_row_counts(
    tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    row = instruction(tests='assert login("AKIA' + "Q3EGRT5YHJ7KLM2P" + '") is None')
    source = write_dataset(tmp_path / "in", Instruction, [[row]])
    card = run(config(model_server, generator="judge"), [source], tmp_path / "out", context)
    assert card.rejects == {"secret": 1} and not model_server.asked


_RUN = """
import sys
from pathlib import Path
from codetune.store.context import StageContext
from codetune.synth.config import SynthConfig
from codetune.synth.stage import run
url, source, folder, cache = sys.argv[1:]
context = StageContext(cache=Path(cache))
run(SynthConfig(profile="small", model=url, in_flight=2, part_rows=4), [Path(source)], Path(folder), context)
"""


def test_a_killed_run_goes_on_without_asking_anything_twice(
    source: Path, tmp_path: Path, model_server: ModelServer
) -> None:
    plain = model_server.answer

    killed = threading.Event()

    def nothing_more_before_the_kill(body: dict) -> str:
        if len(model_server.asked) > limit:
            killed.wait()
        return plain(body)

    model_server.answer = nothing_more_before_the_kill
    cache = tmp_path / "cache"
    command = [sys.executable, "-c", _RUN, model_server.url, source, tmp_path / "out", cache]
    for limit in (5, 14):
        killed.clear()
        with subprocess.Popen(command) as child:
            wait_until(
                lambda limit=limit, child=child: len(model_server.asked) > limit or child.poll() is not None
            )
            child.kill()
        killed.set()
        assert child.returncode == -9
    assert not (tmp_path / "out" / "run.json").exists()
    subprocess.run(command, check=True)
    questions = [json.dumps(body, sort_keys=True) for body in model_server.asked]
    twice = len(questions) - len(set(questions))
    assert twice <= 4  # at most what was on its way in each of two kills
    run(
        SynthConfig(profile="small", model=model_server.url, part_rows=4),
        [source],
        tmp_path / "undisturbed",
        StageContext(cache=cache),
    )
    assert len(model_server.asked) == len(questions)
    assert data_bytes(tmp_path / "out") == data_bytes(tmp_path / "undisturbed")


def test_an_overridden_prompt_is_another_run(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    own = tmp_path / "prompts"
    own.mkdir()
    ours = (
        Path(run.__code__.co_filename).parent
        / "prompts"
        / "templates"
        / "small"
        / "instruct_from_code.en.jinja"
    )
    (own / ours.name).write_text(
        ours.read_text("utf-8").replace("You never show the code.", "No code, please."), "utf-8"
    )
    run(config(model_server), [source], tmp_path / "out", context)
    with pytest.raises(UsageError, match="prompts"):
        run(config(model_server, prompts=own), [source], tmp_path / "out", context)
    run(config(model_server, prompts=own), [source], tmp_path / "other", context)
    hashes = {
        next(iter(Dataset(tmp_path / name, Instruction))).lineage.generated[0].prompt_hash
        for name in ("out", "other")
    }
    assert len(hashes) == 2
    (own / ours.name).write_text(
        "{% block system %}{% endblock %}{% block user %}{{ cod }}{% endblock %}", "utf-8"
    )
    with pytest.raises(ConfigError, match="'cod'"):
        run(config(model_server, prompts=own), [source], tmp_path / "third", context)
    assert not (tmp_path / "third").exists()


def test_a_budget_stops_and_the_next_run_goes_on(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    small = config(model_server, budget="8ktok", part_rows=4)
    with pytest.raises(BudgetSpentError):
        run(small, [source], tmp_path / "out", context)
    asked = len(model_server.asked)
    assert 0 < asked < 24
    card = run(config(model_server, part_rows=4), [source], tmp_path / "out", context)
    assert card.counts["kept"] == 12
    assert len(model_server.asked) == 24


def test_a_dry_run_forecasts_and_its_answers_are_not_paid_again(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    found = dry_run(config(model_server), [source], context, sampled_rows=3)
    assert (found.rows, found.sampled_rows, found.kept) == (12, 3, 3)
    assert found.forecast.requests == 24 and found.forecast.sampled == 6
    assert found.forecast.prompt_tokens == 24_000
    run(config(model_server), [source], tmp_path / "out", context)
    assert len(model_server.asked) == 24


def test_a_forecast_tells_money_and_takes_rows_from_everywhere(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    path = tmp_path / "models.json"
    priced = {"base": model_server.url, "price": {"input": 1.0, "output": 10.0}}
    path.write_text(json.dumps({"teacher": priced}))
    settings = SynthConfig(
        profile="small", model="teacher", model_map=path, in_flight=4, options={"complete": False}
    )
    found = dry_run(settings, [source], context, sampled_rows=4)
    # 12 requests of 1,000 tokens at 1 and 50 at 10 dollars for a million
    assert found.forecast.usd == pytest.approx(12 * 0.0015)
    assert found.forecast.hours is not None and found.forecast.hours > 0
    asked = "".join(body["messages"][-1]["content"] for body in model_server.asked)
    assert all(f"scale_{i}(" in asked for i in (0, 3, 6, 9))
    assert dry_run(config(model_server, options={"complete": False}), [source], context).forecast.usd is None


def test_no_server_is_one_sentence_and_nothing_is_lost(
    source: Path, tmp_path: Path, context: StageContext
) -> None:
    with pytest.raises(UsageError, match="server"):
        run(SynthConfig(model="http://127.0.0.1:9/v1"), [source], tmp_path / "out", context)
    assert not list((tmp_path / "out").glob("data/*"))


def test_several_snippets_share_a_request(
    source: Path, tmp_path: Path, context: StageContext, model_server: ModelServer
) -> None:
    plain = model_server.answer

    def answer(body: dict) -> str:
        schema = body["response_format"]["json_schema"]["schema"]
        if "instructions" not in schema["properties"]:
            return plain(body)
        question = body["messages"][-1]["content"]
        openings = [line[3:] for line in question.splitlines() if line[:3] in ("1. ", "2. ", "3. ")]
        return json.dumps({"instructions": [f"{opening} scales a number." for opening in openings]})

    model_server.answer = answer
    options = {"snippets_per_request": 3, "complete": False}
    card = run(config(model_server, options=options), [source], tmp_path / "out", context)
    assert card.counts["kept"] == 12
    assert len(model_server.asked) == 4
    assert all(row.output.startswith("def scale_") for row in Dataset(tmp_path / "out", Instruction))
