"""Answers that are none, of every generator and to every question it asks, over HTTP: each has its own reason."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.synth.conftest import ModelServer, instruction, snippet, write_dataset

from codetune.engine.local import LocalEngine
from codetune.engine.progress import SilentProgress
from codetune.records import Snippet
from codetune.store.context import StageContext
from codetune.store.dataset import Dataset
from codetune.synth.config import SynthConfig
from codetune.synth.prompts.prompt_loading import PROMPTS
from codetune.synth.registry import GENERATORS
from codetune.synth.stage import run

FRENCH = "Écrivez une fonction qui prend une liste de nombres et renvoie la somme de tous les éléments qui sont pairs, sans la modifier."
FAULTS: dict[str, tuple[object, str | None]] = {
    "plain": (lambda good, question: good, None),
    "think": (lambda good, question: f"<think>\nWhat is asked here?\n</think>\n\n{good}", None),
    "markdown": (lambda good, question: f"Here you are:\n\n{good}\n", None),
    "open_think": ("<think>\nLet me see what this does, and then", "only reasoning"),
    "channel": ("<|channel|>analysis<|message|>The user wants a text", "only reasoning"),
    "refusal": ("I'm sorry, but I can't help with that.", "model declined"),
    "refusal_zh": ("很抱歉，我无法完成这个请求。", "model declined"),
    "asks": ("Could you please share the code you would like me to look at?", "asks back"),
    "prompt": (lambda good, question: question, "prompt repeated"),
    "cut_json": ('{"instruction": "Write a function that', "truncated JSON"),
    "empty": ("```\n```", "empty answer"),
    "cut": (lambda good, question: (good[:20], "length"), "cut short"),
}
TAGS = {
    "instruct_from_code": "instruction", "evolve": "instruction", "oss_instruct": "problem", "summarize": "summary",
    "review": "review", "explain_defect": "explanation",
}  # fmt: skip
ASKED = {
    "instruct-from-code": ("instruct_from_code", "complete_program"),
    "self-instruct": ("self_instruct", "answer"),
    "evolve": ("evolve", "score_evolution", "answer"),
    "oss-instruct": ("oss_instruct", "oss_solution", "score_text"),
    "solve-and-test": ("solve", "write_tests"),
    "explain-defect": ("explain_defect", "score_text"),
    "summarize": ("summarize",),
    "review": ("review",),
    "translate": ("translate",),
    "judge": ("judge",),
    "ai-programmer": ("ai_programmer",),
}
"""Generator -> the questions whose answer a row can't do without."""
TOPICS = (
    "parse a date", "merge two sorted streams", "count the words of a book", "draw a histogram in ASCII", "cache web pages",
    "validate an IBAN", "compress runs of zeros", "schedule meetings in rooms", "find cycles in a graph",
    "rename files by their EXIF data", "rate-limit a queue", "convert Roman numerals", "diff two JSON documents",
)  # fmt: skip
OPTIONS = {
    "self-instruct": {"tasks_per_request": 1, "examples": 1},
    "solve-and-test": {"mutants": 0},
    "instruct-from-code": {"evidence": "off"},
}


def code_of(name: str) -> str:
    return f"def {name}(values, factor):\n    return [value * factor for value in values]\n"


def good_answer(prompt: str, name: str) -> str:
    """What a good teacher says about the row of that name."""
    topic = TOPICS[
        list(FAULTS).index(name.removeprefix("scale_")) if name.removeprefix("scale_") in FAULTS else -1
    ]
    text = f"Write a Python function `{name}` that takes a list of numbers and a factor and returns each number times it."
    scores = {
        criterion: {"reason": "It is good.", "score": 5}
        for criterion in ("correctness", "clarity", "usefulness")
    }
    block = f"```python\n{code_of(name)}```"
    said = {
        "complete_program": f"```python\n# THE GIVEN CODE\n\n\nprint({name}([1, 2], 3))\n```",
        "self_instruct": f"<task>\n<instruction>Explain how to {topic}, and show {name}.</instruction>\n</task>",
        "answer": f"Go over the values once, as {name} does.",
        "solve": block,
        "oss_solution": f"```python\nclass Scale:\n    name = '{name}'\n\n    def read(self):\n        return self.name\n```",
        "write_tests": f"```python\nassert {name}([1, 2], 3) == [3, 6]\n```",
        "translate": f"编写函数 {name}，把列表中的每个数乘以给定的系数。",
        "judge": json.dumps(scores),
        "ai_programmer": f"A start.\n```python\ndef {name}(values, factor):\n    pass\n```\nThe end.\n{block}",
    }.get(prompt, json.dumps({"reason": "It fits.", "score": 5}))  # fmt: skip
    return f"<{TAGS[prompt]}>\n{text}\n</{TAGS[prompt]}>" if prompt in TAGS else said


def openings() -> dict[str, str]:
    """The first words of each prompt's system turn -> its name."""
    found = {}
    for path in sorted(PROMPTS.glob("*.en.jinja")):
        system = path.read_text("utf-8").split("{% block system %}")[1].lstrip("\n")
        found[system[:80]] = path.name.removesuffix(".en.jinja")
    return found


def rows_of(generator: str, names: list[str]) -> list:
    rows = []
    for name in names:
        if GENERATORS[generator].consumes is Snippet:
            rows.append(snippet(code_of(name), name))
        elif generator == "explain-defect":
            rows.append(
                instruction("Defective?", task="defect_detection", input=code_of(name), output="Yes.")
            )
        else:
            rows.append(
                instruction(f"Write a function {name} that scales a list of numbers by a factor.", output="x")
            )
    return rows


def reasons(generator: str, tmp_path: Path, server: ModelServer, names: list[str]) -> dict[str, str | None]:
    """Fault -> reason of its row, None where it was kept; what the server says is set before."""
    source = write_dataset(tmp_path / "in", GENERATORS[generator].consumes, [rows_of(generator, names)])
    context = StageContext(seed=0, cache=tmp_path / "cache", engine=LocalEngine(1), progress=SilentProgress())
    settings = SynthConfig(
        generator=generator,
        model=server.url,
        retries=0,
        options=OPTIONS.get(generator, {}),
        max_new_tokens=None,
    )
    run(settings, [source], tmp_path / "out", context)
    dataset = Dataset(tmp_path / "out", GENERATORS[generator].produces)
    ids = {row.id: name for row, name in zip(rows_of(generator, names), names, strict=True)}
    told: dict[str, str | None] = {}
    for row in dataset:
        told[ids[row.id if generator == "judge" else row.lineage.parents[0]]] = None
    for reject in dataset.rejects():
        parents = reject["lineage"]["parents"] or [reject["id"]]
        told[ids[parents[0]]] = reject["reason"]
    return {name.removeprefix("scale_"): reason for name, reason in told.items()}


@pytest.mark.parametrize(
    ("generator", "prompt"), [(generator, prompt) for generator, prompts in ASKED.items() for prompt in prompts]
)  # fmt: skip
def test_each_bad_answer_is_told_by_its_own_reason(tmp_path: Path, model_server, generator, prompt) -> None:
    known = openings()

    def answer(body: dict) -> object:
        asked = next(
            name for start, name in known.items() if body["messages"][0]["content"].startswith(start)
        )
        question = body["messages"][-1]["content"]
        name = re.search(r"scale_\w+", question)[0]
        good = good_answer(asked, name)
        if asked != prompt:
            return good
        said = FAULTS[name.removeprefix("scale_")][0]
        return said(good, question) if callable(said) else said

    model_server.answer = answer
    told = reasons(generator, tmp_path, model_server, [f"scale_{fault}" for fault in FAULTS])
    expected = {fault: reason for fault, (_, reason) in FAULTS.items()}
    assert told == expected


@pytest.mark.parametrize(
    "generator",
    ["instruct-from-code", "self-instruct", "evolve", "oss-instruct", "explain-defect", "summarize", "review", "translate"],
)  # fmt: skip
def test_another_language_the_prompts_example_and_no_text_at_all(
    tmp_path: Path, model_server, generator
) -> None:
    prompt, known = ASKED[generator][0], openings()

    def answer(body: dict) -> str:
        asked = next(
            name for start, name in known.items() if body["messages"][0]["content"].startswith(start)
        )
        name = re.search(r"scale_\w+", body["messages"][-1]["content"])[0]
        if asked != prompt or name == "scale_plain":
            return good_answer(asked, name)
        if name == "scale_example":
            return next(m["content"] for m in body["messages"] if m["role"] == "assistant")
        if name == "scale_nothing":
            return "\n"
        foreign = f"{FRENCH} Le nom est {name}."
        if prompt == "self_instruct":
            return f"<task><instruction>{foreign}</instruction></task>"
        return f"<{TAGS[prompt]}>{foreign}</{TAGS[prompt]}>" if prompt in TAGS else foreign

    model_server.answer = answer
    names = ["scale_plain", "scale_french", "scale_example", "scale_nothing"]
    assert reasons(generator, tmp_path, model_server, names) == {
        "plain": None,
        "french": "wrong language",
        "example": "prompt's example repeated",
        "nothing": "empty answer",
    }


def test_tests_that_pass_on_anything(tmp_path: Path, model_server) -> None:
    known = openings()
    tests = {
        "true": "def test_it():\n    assert True",
        "swallowed": "try:\n    assert {name}([1], 2) == 5\nexcept AssertionError:\n    pass",
        "callable": "assert callable({name})",
        "itself": "assert {name}([1], 2) == {name}([1], 2)",
    }

    def answer(body: dict) -> str:
        asked = next(
            name for start, name in known.items() if body["messages"][0]["content"].startswith(start)
        )
        name = re.search(r"scale_\w+", body["messages"][-1]["content"])[0]
        if asked != "write_tests":
            return good_answer(asked, name)
        return f"```python\n{tests[name.removeprefix('scale_')].format(name=name)}\n```"

    model_server.answer = answer
    told = reasons("solve-and-test", tmp_path, model_server, [f"scale_{which}" for which in tests])
    assert told == {"true": "not a test", "swallowed": "tests can't fail", "callable": "tests check no value", "itself": "tests can't fail"}  # fmt: skip
