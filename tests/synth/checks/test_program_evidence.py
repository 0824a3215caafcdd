"""Round two of a strong model in the real sandbox: what a program has to show of the given code."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.synth.conftest import snippet

from codetune.execution.open import open_executor
from codetune.records import Snippet

CLAMP = "def clamp(x, low, high):\n    if x < low:\n        return low\n    if x > high:\n        return high\n    return x"
FLASH = "def flash(self):\n    self.tk.call(self._w, 'flash')"
STATED = "Write a function `clamp(x, low, high)` that limits a number to the range from `low` to `high`."
MARK = "# THE GIVEN CODE"
GOOD = f"{MARK}\n\nassert clamp(5, 0, 3) == 3\nassert clamp(-1, 0, 3) == 0\nprint(clamp(2, 0, 3))"


@pytest.fixture(scope="module")
def sandbox():
    executor = open_executor(1)
    yield executor
    executor.close()


def teacher(program: str, statement: str = STATED, solution: str = CLAMP, score: int = 5):
    """Answers of a strong model by the opening of the system turn."""

    def answer(request):
        system = request.messages[0].content
        if system.startswith("You write programming tasks"):
            return f"<instruction>\n{statement}\n</instruction>"
        if system.startswith("You complete a piece of code"):
            return f"```python\n{program}\n```"
        if system.startswith("You are a careful Python programmer"):
            return f"```python\n{solution}\n```"
        assert system.startswith("You check texts about code"), system
        return json.dumps({"reason": "Because of this.", "score": score})

    return answer


def made(make_context, sandbox, given: Snippet, answer, **more):
    built, context, model = make_context(
        "instruct-from-code", answer, executor=sandbox, profile="strong", retries=0, **more
    )
    return asyncio.run(built.make((given,), context)), model


def clamp() -> Snippet:
    return snippet(CLAMP, "clamp")


def test_a_program_that_uses_the_code_is_kept_with_its_evidence(make_context, sandbox) -> None:
    shard, model = made(make_context, sandbox, clamp(), teacher(GOOD))
    (row,) = shard.kept
    assert CLAMP in row.output and MARK not in row.output and row.instruction == STATED
    checks = {check.check: check for check in row.lineage.checks}
    assert checks["branches"].detail == "4 of 4 branches, 3 calls, 3 inputs"
    assert checks["a solution of the statement behaves like the code"].detail == "3 of 3 calls"
    assert checks["stand-ins"].detail == "0" and checks["result depends on the code"].verdict == "passed"
    assert [g.field for g in row.lineage.generated] == ["instruction", "output", "evidence"]
    assert len(model.asked) == 3 and all(request.json_schema is None for request in model.asked)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (f"{MARK}\nprint('done')", "code not called"),
        (f"{MARK}\nprint(clamp(1, 0, 3))", None),  # two of four branches
        (f"{MARK}\nclamp(1, 0, 3); clamp(-1, 0, 3)", "shows no result"),
        (f"{MARK}\ntry:\n    clamp(None, 0, 1)\nexcept TypeError:\n    print('ok')", "too few branches"),
        (f"{MARK}\nclamp(1, 0, 3); clamp(5, 0, 3)\nprint('fine')", "result does not depend on the code"),
        (f"{MARK}\nassert clamp(5, 0, 3) == 5", "did not run"),
        (f"import sys, unittest\n{MARK}\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual([clamp(x, 0, 3) for x in (-1, 1, 5)], [0, 1, 3])\nunittest.main()", None),
        (f"import sys\n{MARK}\nprint(clamp(5, 0, 3), clamp(-5, 0, 3))\nsys.exit(0)", None),
        (f"import sys\n{MARK}\nprint(clamp(5, 0, 3), clamp(-5, 0, 3))\nsys.exit(1)", "did not run"),
        (f"import sys\n{MARK}\nprint('ok')\nsys.exit(0)\nclamp(1, 2, 3)", "code not called"),
        (f"{MARK}\nprint(clamp(1, 0", "does not parse"),
        (f"{MARK}\ndef clamp(*args):\n    return 0\nprint(clamp(1, 2, 3))", "original code changed"),
        ("def clamp(x, low, high):\n    return max(low, min(x, high))\nprint(clamp(1, 0, 3))", "original code changed"),
        ("print('nothing')", "given code missing"),
    ],
)  # fmt: skip
def test_a_program_that_shows_nothing_is_rejected_as_that(make_context, sandbox, program, reason) -> None:
    shard, _ = made(make_context, sandbox, clamp(), teacher(program))
    assert [r.reason for r in shard.rejected] == ([reason] if reason else []), shard.rejected


def test_what_runs_only_on_stand_ins_is_rejected_as_that(make_context, sandbox) -> None:
    program = (
        "from types import SimpleNamespace\n\n\nclass Button:\n    def __init__(self):\n        self._w = '.b'\n"
        "        self.tk = SimpleNamespace(call=lambda *args, **kwargs: None)\n\n"
        f"    {MARK}\n\n\nprint(Button().flash())"
    )
    given = snippet(FLASH, "Button.flash")
    shard, _ = made(make_context, sandbox, given, teacher(program, "Flash the button, please, with `flash`."))
    assert [r.reason for r in shard.rejected] == ["only stand-ins ran"]
    assert "tk" in shard.rejected[0].detail
    options = {"stand_ins": "keep"}
    said = teacher(program, "Add a method `flash` that has the button flash.")
    shard, _ = made(make_context, sandbox, given, said, options=options)
    (row,) = shard.kept
    assert {c.check: c.detail for c in row.lineage.checks}["stand-ins"].startswith("2: ")


def test_a_method_stands_in_the_class_that_the_model_writes(make_context, sandbox) -> None:
    code = 'def label(self):\n    """Say it.\n\n  odd\n    """\n    if self.big:\n        return self.name.upper()\n    return self.name'
    program = f"class Box:\n    def __init__(self, name, big):\n        self.name, self.big = name, big\n\n    {MARK}: label\n\n\nprint(Box('a', True).label(), Box('b', False).label())"
    said = teacher(program, "Add a method `label` that returns the name, in capitals for a big box.", score=4)
    shard, model = made(make_context, sandbox, snippet(code, "Box.label"), said)
    (row,) = shard.kept
    assert "\n  odd\n    " in row.output  # lines inside a string stay as they are
    assert model.asked[-1].messages[0].content.startswith("You check texts")  # a method is scored, not solved
    assert {c.check for c in row.lineage.checks} >= {"about the code", "branches"}


@pytest.mark.parametrize(
    ("solution", "reason"),
    [
        ("def clamp(x, low, high):\n    return max(low, min(x, high))", None),
        ("def limit(value, a, b):\n    return sorted([a, value, b])[1]", None),
        ("def clamp(x, low, high):\n    return x % (high - low)", "statement asks for something else"),
        ("def clamp(x):\n    return x", "statement asks for something else"),
    ],
)
def test_a_statement_is_checked_by_what_its_solution_does(make_context, sandbox, solution, reason) -> None:
    shard, _ = made(make_context, sandbox, clamp(), teacher(GOOD, solution=solution))
    assert [r.reason for r in shard.rejected] == ([reason] if reason else [])
    if reason:
        assert "clamp(" in shard.rejected[0].detail


def test_words_that_the_code_does_not_have_refuse_nothing(make_context, sandbox) -> None:
    statement = "Keep a reading within sensible bounds: too small becomes the smallest allowed, and so on."
    shard, _ = made(make_context, sandbox, clamp(), teacher(GOOD, statement))
    (row,) = shard.kept
    (shared,) = [c for c in row.lineage.checks if c.check == "words shared with the code"]
    assert shared.verdict == "passed" and float(shared.detail.rstrip("%")) < 30


def test_where_nothing_runs_the_score_decides(make_context, sandbox) -> None:
    options = {"complete": False}
    shard, _ = made(make_context, sandbox, clamp(), teacher("", score=4), options=options)
    assert shard.kept[0].lineage.checks[-1].detail == "score 4 of 5: Because of this."
    shard, _ = made(make_context, sandbox, clamp(), teacher("", score=1), options=options)
    assert shard.rejected[0].reason == "scored as not about the code"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (f"Use this:\n```python\n{CLAMP}\n```", "solution in the statement"),
        ("Write a function `limit` that limits a number.", "names another function"),
        ("Écrivez une fonction `clamp` qui prend une valeur et renvoie la valeur dans les bornes.", "wrong language"),
    ],
)  # fmt: skip
def test_a_statement_that_is_wrong_is_rejected_before_round_two(
    make_context, sandbox, statement, reason
) -> None:
    shard, model = made(make_context, sandbox, clamp(), teacher(GOOD, statement))
    assert shard.rejected[0].reason == reason and len(model.asked) == 1
