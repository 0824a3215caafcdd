"""A whole recipe: code in, a report out, with a real server over HTTP and a tiny model that is really tuned."""

from __future__ import annotations

import html
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.recipes.conftest import UNANSWERED, FinishedRun

from codetune.cli.main import run as codetune
from codetune.cli.runs.recipe_runs import score_lines
from codetune.engine.local import LocalEngine
from codetune.errors import DataError, OutputError
from codetune.recipes.recipe import load_recipe
from codetune.recipes.runner import run_recipe
from codetune.recipes.stages import STAGES
from codetune.records import Record
from codetune.store.dataset import Dataset
from codetune.store.run_card import RunCard

DATASETS = ("collect", "tasks", "synth", "curate")
RUN_UNTIL_KILLED = """
import os, signal, sys
from pathlib import Path
from codetune.engine.local import LocalEngine
from codetune.recipes import runner
from codetune.recipes.recipe import load_recipe

class Killed:
    def check_installed(self, *_):
        pass

    def run(self, *_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

kinds = {name: kind.settings for name, kind in runner.STAGES.items()}
recipe = load_recipe(Path(sys.argv[1]), kinds)
runner.STAGES = {**runner.STAGES, sys.argv[3]: Killed()}
with LocalEngine(1) as engine:
    runner.run_recipe(recipe, Path(sys.argv[2]), engine=engine, cache=Path(sys.argv[2], "cache"))
"""


def rejected(folder: Path) -> list[dict]:
    import pyarrow.parquet as pq

    return [
        row
        for part in sorted((folder / "rejects").glob("*.parquet"))
        for row in pq.read_table(part).to_pylist()
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """Rows kept and rejected, as they lie on disk; run cards hold times."""
    files = [path for name in DATASETS for path in sorted((folder / name).rglob("*.parquet"))]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def answers(folder: Path) -> int:
    with sqlite3.connect(f"file:{folder / 'cache' / 'requests.sqlite'}?mode=ro", uri=True) as connection:
        return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])


def test_every_stage_ran_and_no_row_was_lost(finished: FinishedRun) -> None:
    assert [result.name for result in finished.results] == [step.name for step in finished.recipe.steps]
    assert all(result.worked for result in finished.results)
    cards = {result.name: result.card for result in finished.results}
    assert cards["collect"].counts["kept"] == 23
    assert cards["tasks"].counts["kept"] + cards["tasks"].counts["rejected"] == 2 * 23
    assert cards["synth"].counts["kept"] + cards["synth"].counts["rejected"] == 23
    made = cards["tasks"].counts["kept"] + cards["synth"].counts["kept"]
    curated = cards["curate"].counts
    assert curated["kept"] + curated["rejected"] == made
    trained = cards["train"].counts
    assert trained["rows"] + trained["held_out"] + trained["rejected"] == curated["kept"]
    for name in DATASETS:
        assert len(Dataset[Record](finished.folder / name)) == cards[name].counts["kept"]
        assert len(rejected(finished.folder / name)) == cards[name].counts["rejected"]


def test_rejected_rows_say_why(finished: FinishedRun) -> None:
    found = {
        (row["stage"], row["reason"])
        for name in ("tasks", "synth", "curate")
        for row in rejected(finished.folder / name)
    }
    assert found >= {
        ("tasks", "docstring too short"),
        ("synth", "length"),
        ("synth", "did not run"),
        ("curate", "secret"),
        ("curate", "overlaps a benchmark"),
        ("curate", "near duplicate"),
    }
    details = {row["reason"]: row["detail"] for row in rejected(finished.folder / "curate")}
    assert details["secret"] == "AWS Access Key"
    assert details["overlaps a benchmark"].startswith("HumanEval/0 ")
    [unanswered] = [row for row in rejected(finished.folder / "synth") if row["reason"] == "length"]
    assert UNANSWERED in unanswered["output"]
    for result in finished.results:
        assert sum(result.card.rejects.values()) == result.card.counts.get("rejected", 0)


def test_the_model_was_asked_over_http_and_every_answer_was_kept(finished: FinishedRun) -> None:
    evaluated = {result.name: result.card for result in finished.results}["evaluate"]
    asked_here = 2 * evaluated.counts["samples"]  # of base and tuned model, which answer in this process
    assert answers(finished.folder) - asked_here == len(finished.server.asked) > 23
    assert {body["model"] for body in finished.server.asked} == {"tiny"}


def test_the_tuned_model_learned_from_what_was_kept(finished: FinishedRun) -> None:
    train = finished.folder / "train"
    losses = [json.loads(line)["loss"] for line in (train / "loss.jsonl").read_text().splitlines()]
    card = {result.name: result.card for result in finished.results}["train"]
    assert len(losses) == card.results["steps"] == 2
    assert (train / "adapter" / "adapter_model.safetensors").exists()
    assert card.results["held_out_loss_after"] != card.results["held_out_loss_before"]


def text_of(page: Path) -> str:
    """What a page shows, in one line."""
    plain = re.sub(r"<(style|script).*?</\1>", "", page.read_text("utf-8"), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}%"


def test_the_report_has_the_numbers_of_the_scores(finished: FinishedRun) -> None:
    shown = text_of(finished.folder / "report" / "report.html")
    scores = {
        path: json.loads(path.read_text()) for path in (finished.folder / "evaluate").rglob("score.json")
    }
    assert len(scores) == 4  # base and tuned model, each on two benchmarks
    for path, score in scores.items():
        who = f"{path.parent.parent.name} {score['model']}"
        for k, rate in score["pass_at_k"].items():
            rates = f"{percent(rate['value'])} {percent(rate['low'])} to {percent(rate['high'])}"
            assert f"{who} {score['passed']} of {score['problems']} pass@{k} {rates}" in shown
        for name, rate in score["metrics"].items():
            if rate["value"] is None:  # too few rows for this metric
                continue
            rates = f"{percent(rate['value'])} {percent(rate['low'])} to {percent(rate['high'])}"
            assert f"{who} {rate['rows']} graded {name} {rates}" in shown
    cards = {result.name: result.card for result in finished.results}
    for name in DATASETS:
        for reason, count in cards[name].rejects.items():
            assert reason in shown and f" {count} {percent(count / _seen(cards[name]))}" in shown
    rejected_rows = sum(sum(cards[name].rejects.values()) for name in ("tasks", "synth", "curate"))
    assert f"Records kept {cards['curate'].counts['kept']} {rejected_rows} rejected in tasks" in shown


def test_the_terminal_has_each_benchmarks_own_numbers(finished: FinishedRun) -> None:
    results = {result.name: result.card.results for result in finished.results}["evaluate"]
    # Comparisons come in the order of their names and scores in that of the settings; here they differ.
    for comparisons in (results["comparisons"], results["comparisons"][::-1]):
        lines = dict(score_lines({**results, "comparisons": comparisons}))
        for number, name in enumerate(score["benchmark"]["name"] for score in results["scores"]["base"]):
            metric = next(one["metric"] for one in comparisons if one["benchmark"] == name)
            for models, label in (("base", "before"), ("tuned", "after")):
                score = results["scores"][models][number]
                rate = score["pass_at_k"].get("1") or score["metrics"][metric]
                assert lines[f"{name} {metric} {label}"].startswith(f"{percent(rate['value'])}  [")
            assert f"{name} change" in lines


def _seen(card: RunCard) -> int:
    return card.counts["kept"] + card.counts["rejected"]


def test_a_second_run_does_nothing(finished: FinishedRun) -> None:
    def state() -> dict[Path, int]:
        # Opening a request store or an index may touch the files beside it, never the stages.
        files = [p for step in finished.recipe.steps for p in (finished.folder / step.name).rglob("*")]
        return {path: path.stat().st_mtime_ns for path in files if path.is_file()}

    before, asked = state(), len(finished.server.asked)
    with LocalEngine(1) as engine:
        again = run_recipe(finished.recipe, finished.folder, engine=engine, cache=finished.folder / "cache")
    assert not any(result.worked for result in again)
    assert [
        (result.card.plan, result.card.output_hash, result.card.counts, result.card.rejects)
        for result in again
    ] == [
        (result.card.plan, result.card.output_hash, result.card.counts, result.card.rejects)
        for result in finished.results
    ]
    assert state() == before
    assert len(finished.server.asked) == asked


def test_the_requests_of_one_run_are_told_by_its_rows_and_scores(
    finished: FinishedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its answers lie in the cache, among those of other runs."""
    run, cache = tmp_path / "run", tmp_path / "cache"
    shutil.copytree(finished.folder, run, ignore=shutil.ignore_patterns("cache"))
    shutil.copytree(finished.folder / "cache", cache)
    with sqlite3.connect(cache / "requests.sqlite") as connection:  # an answer of another run
        connection.execute(
            "INSERT INTO answers SELECT 1000000, randomblob(16), model, sample, payload, response, finish_reason, "
            "prompt_tokens, completion_tokens, cost_usd, endpoint, attempts, asked_at, seconds, asked_as "
            "FROM answers WHERE id = 1"
        )
    assert codetune(["requests", str(run), "--cache", str(cache), "--json"]) == 0
    told = {
        entry["store"].partition(" ")[0]: entry["models"]
        for entry in json.loads(capsys.readouterr().out)["stores"]
    }
    assert set(told) == {"synth", "evaluate"}
    samples = 2 * {result.name: result.card for result in finished.results}["evaluate"].counts["samples"]
    assert sum(model["answered"] for model in told["evaluate"]) == samples
    assert 0 < sum(model["answered"] for model in told["synth"]) <= len(finished.server.asked)
    assert codetune(["requests", str(run), "--cache", str(tmp_path / "no-cache")]) == 2
    assert "no request store is here" in capsys.readouterr().err.lower()


def test_a_changed_setting_is_named_and_nothing_is_overwritten(finished: FinishedRun) -> None:
    kinds = {name: kind.settings for name, kind in STAGES.items()}
    changed = load_recipe(finished.recipe_file, kinds, overrides={"curate.exact": False})
    before = contents(finished.folder)
    with LocalEngine(1) as engine, pytest.raises(OutputError, match="exact"):
        run_recipe(changed, finished.folder, engine=engine, cache=finished.folder / "cache")
    assert contents(finished.folder) == before


def test_killed_between_two_stages_the_command_goes_on(
    finished: FinishedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    asked = len(finished.server.asked)
    killed = subprocess.run(
        [sys.executable, "-c", RUN_UNTIL_KILLED, str(finished.recipe_file), str(run), "train"],
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [(run / step.name / "run.json").exists() for step in finished.recipe.steps][:5] == [True] * 4 + [
        False
    ]
    paid = len(finished.server.asked)
    assert paid - asked == asked

    command = [
        "run",
        str(finished.recipe_file),
        "-o",
        str(run),
        "--cache",
        str(run / "cache"),
        "--workers",
        "1",
    ]
    assert codetune([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(finished.server.asked) == paid
    assert {name: stage["worked"] for name, stage in told["stages"].items()} == {
        step.name: step.name not in DATASETS for step in finished.recipe.steps
    }
    assert contents(run) == contents(finished.folder)
    cards = {result.name: result.card for result in finished.results}
    assert told["collected"] == cards["collect"].counts["kept"]
    assert told["kept"] == cards["curate"].counts["kept"]
    assert told["steps"] == 2
    assert Path(told["page"]).stat().st_size > 10_000

    assert codetune(command) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_a_step_that_is_gone_is_made_again_and_is_the_same(finished: FinishedRun, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(finished.folder, run)
    for name in ("curate", "report"):  # the report names the time of each stage, so it is made again too
        shutil.rmtree(run / name)
    with LocalEngine(1) as engine:
        results = run_recipe(finished.recipe, run, engine=engine, cache=run / "cache")
    assert [result.name for result in results if result.worked] == ["curate", "report"]
    assert contents(run) == contents(finished.folder)


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "recipe.yaml").write_text("stages:\n  - {stage: collect, with: {path: stdlib}}\n")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("years of work")
    assert codetune(["run", str(tmp_path / "recipe.yaml"), "-o", str(tmp_path / "run")]) == 2
    assert "files that codetune did not make, thesis.txt among them" in capsys.readouterr().err
    assert [entry.name for entry in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_a_run_whose_tasks_find_nothing_ends_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    body = "    x = a + b\n    y = x * 2\n    return y\n"
    (tmp_path / "code" / "a.py").write_text("\n\n".join(f"def f{n}(a, b):\n{body}" for n in range(4)))
    stages = [("collect", [], {"source": "code", "path": str(tmp_path / "code")}), ("tasks", ["collect"], {})]
    stages.append(("curate", ["tasks"], {}))
    plain = [{"name": name, "stage": name, "from": sources, "with": with_} for name, sources, with_ in stages]
    (tmp_path / "recipe.yaml").write_text(json.dumps({"stages": plain}))
    recipe = load_recipe(tmp_path / "recipe.yaml", {name: kind.settings for name, kind in STAGES.items()})
    with pytest.raises(DataError, match="tasks kept no row of 8, most were rejected as: no docstring"):
        run_recipe(recipe, tmp_path / "run", engine=LocalEngine(1), cache=tmp_path / "cache")
    assert not (tmp_path / "run" / "curate").exists()
