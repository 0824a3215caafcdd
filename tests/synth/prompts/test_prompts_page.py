"""docs/prompts.md: each good answer is kept by its generator, and each rejected one for the reason it names."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from tests.synth.conftest import instruction, snippet

from codetune.execution.open import open_executor
from codetune.synth.prompts.prompt import prompt_names
from codetune.synth.prompts.prompt_loading import PROMPTS
from codetune.text.fences import fenced_blocks

PAGE = (Path(__file__).parents[3] / "docs" / "prompts.md").read_text("utf-8")
SECTIONS = {
    match[1]: match[2] for match in re.finditer(r"^## `(\w+)`\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
}
GENERATORS = {
    "instruct_from_code": "instruct-from-code",
    "complete_program": "instruct-from-code",
    "evolve": "evolve",
    "oss_instruct": "oss-instruct",
    "self_instruct": "self-instruct",
    "summarize": "summarize",
    "review": "review",
    "explain_defect": "explain-defect",
    "write_tests": "solve-and-test",
}
DOUBLE = "def double(n):\n    return n * 2\n"


@pytest.fixture(scope="module")
def sandbox():
    executor = open_executor(1)
    yield executor
    executor.close()


def opening(prompt: str) -> str:
    """The first words of a prompt's system turn."""
    text = (PROMPTS / f"{prompt}.en.jinja").read_text("utf-8")
    return text.split("{% block system %}\n")[1][:60]


def teacher(prompt: str, said: str):
    """The answer of the page to its prompt, and good answers to all others."""
    _, good, _ = fenced_blocks(SECTIONS["complete_program"])
    _, statement, _ = fenced_blocks(SECTIONS["instruct_from_code"])
    clamp = fenced_blocks(SECTIONS["instruct_from_code"])[0].code
    others = {
        "instruct_from_code": statement.code,
        "complete_program": good.code,
        "solve_statement": f"```python\n{clamp}```",
        "solve": f"```python\n{DOUBLE}```",
        "oss_solution": "```python\nclass Thermostat:\n    def read(self, value):\n        return 'off'\n```",
        "answer": "It is so because of the following.",
    }

    def answer(request):
        system = request.messages[0].content
        for name, text in {**others, prompt: said}.items():
            if system.startswith(opening(name)):
                return text
        return json.dumps({"reason": "It fits.", "score": 5})

    return answer


def row_of(prompt: str, given: str):
    if prompt == "explain_defect":
        return instruction("Defective?", task="defect_detection", input=given, output="Yes.")
    if prompt in ("evolve", "self_instruct", "write_tests"):
        return instruction(given.strip())
    return snippet(given.rstrip("\n"), re.search(r"def (\w+)", given)[1])


@pytest.mark.parametrize("prompt", SECTIONS)
def test_the_good_answer_is_kept_and_the_other_rejected_as_the_page_says(
    make_context, sandbox, prompt
) -> None:
    given, good, bad = (block.code for block in fenced_blocks(SECTIONS[prompt]))
    reason = re.search(r"Rejected as `([^`]+)`", SECTIONS[prompt])[1]
    for said, expected in ((good, None), (bad, reason)):
        built, context, _ = make_context(
            GENERATORS[prompt], teacher(prompt, said), executor=sandbox, profile="strong", retries=0
        )
        row = row_of(prompt, given)
        if hasattr(built, "load"):
            built.load([row])
        shard = asyncio.run(built.make((row,), context))
        assert [r.reason for r in shard.rejected] == ([expected] if expected else []), shard.rejected
        assert len(shard.kept) == (expected is None)


def test_every_shipped_prompt_is_on_the_page() -> None:
    shipped = {name.rpartition(".")[0] for name in prompt_names(PROMPTS)}
    assert shipped == set(re.findall(r"`(\w+)`", PAGE)) & shipped
