"""Programming-Instruct from its three sources to a trained model, with a scripted server behind real HTTP."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pygit2
import pytest
from tests.synth.conftest import ModelServer

from codetune.engine.local import LocalEngine
from codetune.recipes.recipe import load_recipe, shipped_recipe
from codetune.recipes.runner import run_recipe
from codetune.recipes.stages import STAGES
from codetune.records import Edit, EditHistory
from codetune.store.dataset import Dataset

WHO = pygit2.Signature("A", "a@example.org", 1_700_000_000, 0)
SNIPPET = 'def mean(values):\n    """Arithmetic mean of numbers."""\n    if not values:\n        return 0.0\n    return sum(values) / len(values)\n'
TRIES = [
    "a = int(input())\nb = int(input())\nprint(a - b)\n",
    "a = int(input())\nb = int(input())\nprint(a + b)\n",
]


def write_repository(folder: Path) -> None:
    repository = pygit2.init_repository(str(folder))
    for number in range(1, 9):
        text = "".join(f"def f{n}(x):\n    return x + {n * number}\n\n\n" for n in range(1, 5))
        (folder / "a.py").write_text(text)
        repository.index.add("a.py")
        parents = [] if repository.head_is_unborn else [repository.head.target]
        tree = repository.index.write_tree()
        repository.create_commit("HEAD", WHO, WHO, f"Add {number} times as much", tree, parents)


def write_codenet(folder: Path) -> None:
    (folder / "metadata").mkdir(parents=True)
    (folder / "data" / "p1" / "Python").mkdir(parents=True)
    lines = ["submission_id,problem_id,user_id,date,language,original_language,filename_ext,status"]
    for user in range(6):
        for place, program in enumerate(TRIES):
            name = f"s{user}{place}"
            status = "Accepted" if place else "Wrong Answer"
            lines.append(f"{name},p1,u{user},{place},Python,Python3,py,{status}")
            (folder / "data" / "p1" / "Python" / f"{name}.py").write_text(program + f"# {'note ' * user}\n")
    (folder / "metadata" / "p1.csv").write_text("\n".join(lines) + "\n")


def answer(body: dict) -> str:
    """What a careful model would say: steps, decisions, requests and remarks."""
    system, asked = body["messages"][0]["content"], body["messages"][-1]["content"]
    if "step by step" in system:
        code = re.search(r"```python\n(.*?)\n```", asked, re.S)[1]
        first = "\n".join(code.split("\n")[:1] + code.split("\n")[-1:])
        return f"First:\n\n```python\n{first}\n```\n\nThen the rest:\n\n```python\n{code}\n```\n"
    if "response_format" in body:
        count = len(re.findall(r"^Change \d+:", asked, re.M))
        return json.dumps({"decisions": [{"reason": "it was begun", "follows": True}] * count})
    return "Please go on like this." if "would have said" in system else "I made the next change."


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path):
    folder = tmp_path_factory.mktemp("edits")
    write_repository(folder / "repository")
    write_codenet(folder / "codenet")
    (folder / "code").mkdir()
    (folder / "code" / "numbers.py").write_text(SNIPPET)
    server = ModelServer()
    server.answer = answer
    overrides = {
        "snippets.path": str(folder / "code"), "commits.path": str(folder / "repository"),
        "submissions.path": str(folder / "codenet"), "ai_programmer.model": server.url, "edits.model": server.url,
        "edits.options": {"max_per_sample": 3}, "train.model": str(tiny_llama), "train.max_steps": 2,
        "train.lora_r": 2, "train.dtype": "float32", "train.budget_seconds": None, "train.threads": 1,
    }  # fmt: skip
    kinds = {name: kind.settings for name, kind in STAGES.items()}
    recipe = load_recipe(shipped_recipe("programming_instruct"), kinds, overrides=overrides)
    with LocalEngine(1) as engine:
        run_recipe(recipe, folder / "run", engine=engine, cache=folder / "cache")
    server.close()
    return folder / "run", server


def test_all_three_sources_become_histories(finished) -> None:
    run, _ = finished
    histories = [*Dataset(run / "ai_programmer", EditHistory), *Dataset(run / "histories", EditHistory)]
    assert {history.origin for history in histories} == {"ai-programmer", "commit", "submission"}
    commits = [history for history in histories if history.origin == "commit"]
    assert commits[0].versions[0] == "", "the first commit of a file begins its history"
    assert all(history.accepted for history in histories if history.origin == "submission")


def test_edits_lead_from_what_is_to_what_the_model_said(finished) -> None:
    run, _ = finished
    edits = list(Dataset(run / "areas", Edit))
    assert len(edits) >= 4
    assert any(edit.user for edit in edits) and any(not edit.user for edit in edits)
    assert any(edit.area for edit in edits) and all(edit.chat for edit in edits)
    assert all(edit.next != edit.current.code for edit in edits)


def test_the_model_learned_from_edits(finished) -> None:
    run, _ = finished
    card = json.loads((run / "train" / "run.json").read_text())
    edits = len(list(Dataset(run / "areas", Edit)))
    counts = card["counts"]
    assert counts["rows"] + counts["held_out"] + counts["rejected"] == edits
    assert counts["steps"] == 2


def test_nothing_is_asked_twice(finished) -> None:
    _, server = finished
    assert len(server.asked) == len({json.dumps(body, sort_keys=True) for body in server.asked})
