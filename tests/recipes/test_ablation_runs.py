"""A whole ablation in small: stages that variants share are made once, also across a kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.recipes.conftest import write_project, write_recipe
from tests.synth.conftest import ModelServer

from codetune.cli.main import run as codetune

VARY = [
    "--vary", "curate.near_duplicate_jaccard=0.7,0.72",
    "--vary", "train.lora_r=2,4",
    "--seeds", "0,1", "--seeds-from", "train",
    "--set", "evaluate.limit=2", "--set", "evaluate.max_new_tokens=8",
]  # fmt: skip
KILLED_IN = """
import os, signal, sys
from codetune.recipes import runner

real = runner.STAGES[sys.argv[1]]

class Killed:
    runs = 0
    def check_installed(self, *_):
        pass

    def run(self, *given, **more):
        Killed.runs += 1
        if Killed.runs > 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return real.run(*given, **more)

runner.STAGES = {**runner.STAGES, sys.argv[1]: Killed()}
from codetune.cli.main import main
main(sys.argv[2:])
"""


@dataclass(frozen=True)
class FinishedAblation:
    folder: Path
    command: list[str]
    server: ModelServer
    asked_before_the_kill: int
    stages_before_the_kill: dict[str, int]


def made(folder: Path) -> dict[str, int]:
    """Finished stage folder -> when it was finished."""
    return {
        str(card.parent.relative_to(folder)): card.stat().st_mtime_ns
        for card in folder.glob("stages/*/*/run.json")
    }


@pytest.fixture(scope="module")
def ablation(
    tmp_path_factory: pytest.TempPathFactory, scripted_server: ModelServer, tiny_llama: Path
) -> FinishedAblation:
    """Killed in its second training, then run to its end."""
    folder = tmp_path_factory.mktemp("ablation")
    project = write_project(folder / "project")
    recipe = write_recipe(folder / "small.yaml", project, scripted_server.url, tiny_llama)
    out = folder / "out"
    command = [
        "ablate",
        str(recipe),
        *VARY,
        "-o",
        str(out),
        "--cache",
        str(folder / "cache"),
        "--workers",
        "1",
    ]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN, "train", *command], capture_output=True, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    asked, before = len(scripted_server.asked), made(out)
    assert codetune([*command, "-q"]) == 0
    return FinishedAblation(out, command, scripted_server, asked, before)


def test_stages_with_the_same_plan_were_made_once(ablation: FinishedAblation) -> None:
    told = json.loads((ablation.folder / "ablation.json").read_text())
    # Of four combinations one is the recipe as it is (lora_r 2, a threshold of 0.7). Two seeds, eight stages each.
    assert told["variants"][0]["name"] == "recipe"
    assert len(told["variants"]) == 4 and told["stages"]["needed"] == 4 * 2 * 8
    counted: dict[str, int] = {}
    for path in made(ablation.folder):
        counted[Path(path).name] = counted.get(Path(path).name, 0) + 1
    # The rows are the same under all thresholds, so that only the rank of the adapter and the seed make a training.
    assert counted == {
        "collect": 1, "tasks": 1, "synth": 1, "curate": 2, "train": 4, "unseen": 2, "evaluate": 4, "report": 8,
    }  # fmt: skip
    assert told["stages"]["made"] == sum(counted.values())


def test_a_kill_lost_nothing_and_nothing_was_asked_twice(ablation: FinishedAblation) -> None:
    assert any(path.endswith("/train") for path in ablation.stages_before_the_kill)
    after = made(ablation.folder)
    assert {path: after[path] for path in ablation.stages_before_the_kill} == ablation.stages_before_the_kill
    assert len(ablation.server.asked) == ablation.asked_before_the_kill
    assert len(ablation.server.asked) == len(
        {json.dumps(body, sort_keys=True) for body in ablation.server.asked}
    )


def test_run_again_it_does_nothing_and_says_the_same(
    ablation: FinishedAblation, capsys: pytest.CaptureFixture[str]
) -> None:
    before, text = made(ablation.folder), (ablation.folder / "ablation.json").read_text()
    assert codetune(ablation.command) == 0
    shown = capsys.readouterr().out
    assert "8 runs needed 64 stages; 23 are different ones, 0 of them made now." in shown
    assert made(ablation.folder) == before
    assert (ablation.folder / "ablation.json").read_text() == text


def test_each_variant_is_held_against_the_recipe_and_the_seeds(ablation: FinishedAblation) -> None:
    told = json.loads((ablation.folder / "ablation.json").read_text())
    compared = [result for result in told["results"] if result["comparison"]]
    assert len(compared) == 3 * 2 and told["correction"] == "Holm over 6 comparisons"
    assert {result["benchmark"] for result in compared} == {"humaneval", "task:code_completion"}
    for result in compared:
        assert set(result["by_seed"]) == {"0", "1"} and result["spread"] is not None
        assert result["comparison"]["adjusted_p_value"] >= result["comparison"]["p_value"]
    same = [r for r in compared if "lora_r=2" in r["variant"]]
    assert all(r["comparison"]["difference"] == 0 and r["verdict"] == "tie" for r in same)


def test_each_run_is_a_run_that_report_reads_and_the_page_names_the_variants(
    ablation: FinishedAblation,
) -> None:
    page = (ablation.folder / "ablation.html").read_text()
    assert "train.lora_r=4" in page and "recipe" in page and "spread" in page
    runs = sorted((ablation.folder / "runs").glob("*/seed-*"))
    assert len(runs) == 8
    assert codetune(["report", str(runs[0]), "-o", str(ablation.folder.parent / "page.html")]) == 0


def test_other_files_in_the_folder_are_left_alone(
    ablation: FinishedAblation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    command = [str(tmp_path) if word == str(ablation.folder) else word for word in ablation.command]
    assert codetune(command) == 2
    assert "thesis.txt among them" in capsys.readouterr().err
    assert codetune([*ablation.command, "--seeds-from", "trian"]) == 2
    assert "no step 'trian'" in capsys.readouterr().err
