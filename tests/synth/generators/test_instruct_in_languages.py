"""instruct-from-code outside Python, from the first question to the row, in the real sandbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from tests.synth.conftest import snippet
from tests.synth.languages.programs_in_languages import CLAMP, NAMES, program

from codetune.execution.languages.toolchains import toolchain
from codetune.execution.open import open_executor
from codetune.execution.protocol import Executor

CALLS = ("5, 0, 3", "-1, 0, 3", "2, 0, 3")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Executor]:
    executor = open_executor(2)
    yield executor
    executor.close()


def made(make_context, sandbox, language: str, text: str, solution: str, score: int = 5, **more):
    if toolchain(language).path is None:
        pytest.skip(f"no toolchain for {language}")
    name = NAMES[language]

    def answer(request):
        system = request.messages[0].content
        if system.startswith("You write programming tasks"):
            return (
                f"<instruction>\nWrite a function `{name}` that limits a number to a range.\n</instruction>"
            )
        if system.startswith("You complete a piece of code"):
            return f"```{language}\n{text.replace(CLAMP[language], '// THE GIVEN CODE')}\n```"
        if system.startswith("You are a careful programmer in many languages"):
            return f"```{language}\n{solution}\n```"
        assert system.startswith("You check texts about code"), system
        return json.dumps({"reason": "Because of this.", "score": score})

    built, context, model = make_context(
        "instruct-from-code", answer, executor=sandbox, profile="strong", retries=0
    )
    given = snippet(CLAMP[language], name, language=language, **more)
    return asyncio.run(built.make((given,), context)), model


@pytest.mark.parametrize("language", ["javascript", "php", "c"])
def test_a_row_carries_what_the_program_and_a_solution_showed(make_context, sandbox, language: str) -> None:
    shard, model = made(make_context, sandbox, language, program(language, CALLS), CLAMP[language])
    assert not shard.rejected, shard.rejected
    (row,) = shard.kept
    found = {check.check: check.detail for check in row.lineage.checks}
    assert found["branches"] == "4 of 4 branches"
    assert found["a solution of the statement behaves like the code"] == "3 of 3 printed lines"
    assert [g.field for g in row.lineage.generated] == ["instruction", "output", "evidence"]
    assert len(model.asked) == 3 and CLAMP[language] in row.output


def test_rows_are_rejected_for_what_the_program_or_the_solution_shows(make_context, sandbox) -> None:
    language, right = "javascript", CLAMP["javascript"]
    wrong = right.replace("return low", "return high").replace("return x", "return low")
    cases = (
        (program(language, constant="3"), right, "code not called"),
        (program(language, ignored=CALLS, constant="3"), right, "result does not depend on the code"),
        (program(language, CALLS), wrong, "statement asks for something else"),
    )
    for text, solution, reason in cases:
        whole = text if CLAMP[language] in text else f"{right}\n{text}"
        shard, _ = made(make_context, sandbox, language, whole, solution)
        assert [row.reason for row in shard.rejected] == [reason], shard.rejected


def test_a_score_decides_where_no_solution_fits_the_place(make_context, sandbox) -> None:
    for score, reasons in ((5, []), (1, ["scored as not about the code"])):
        shard, _ = made(
            make_context, sandbox, "javascript", program("javascript", CALLS), "function other() {}", score
        )
        assert [row.reason for row in shard.rejected] == reasons
