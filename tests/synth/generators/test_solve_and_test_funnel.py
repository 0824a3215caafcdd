"""solve-and-test from the command line, a server of known answers and the real sandbox: what is kept, and why not."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from tests.synth.conftest import ModelServer, instruction, write_dataset

from codetune.cli.main import run as command
from codetune.records import Instruction
from codetune.store.dataset import Dataset
from codetune.synth.python import recording

RIGHT = {
    "gcd": (
        "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n",
        ["gcd(12, 18) == 6", "gcd(7, 3) == 1", "gcd(0, 5) == 5"],
    ),
    "is_even": ("def is_even(n):\n    return n % 2 == 0\n", ["is_even(4) == True", "is_even(3) == False"]),
    "factorial": (
        "def factorial(n):\n    return 1 if n < 2 else n * factorial(n - 1)\n",
        ["factorial(5) == 120", "factorial(0) == 1", "factorial(2) == 2"],
    ),
    "clamp": (
        "def clamp(x, low, high):\n    if x < low:\n        return low\n    if x > high:\n"
        "        return high\n    return x\n",
        ["clamp(5, 0, 3) == 3", "clamp(-1, 0, 3) == 0", "clamp(2, 0, 3) == 2"],
    ),
    "reverse_words": (
        "def reverse_words(text):\n    return ' '.join(reversed(text.split()))\n",
        ["reverse_words('a b c') == 'c b a'", "reverse_words('') == ''"],
    ),
    "count_vowels": (
        "def count_vowels(text):\n    return sum(1 for c in text.lower() if c in 'aeiou')\n",
        ["count_vowels('Hello') == 2", "count_vowels('xyz') == 0", "count_vowels('AEIOU') == 5"],
    ),
    "fib": (
        "def fib(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a\n",
        ["fib(0) == 0", "fib(1) == 1", "fib(10) == 55"],
    ),
    "flatten": (
        "def flatten(rows):\n    return [item for row in rows for item in row]\n",
        ["flatten([[1], [2, 3]]) == [1, 2, 3]", "flatten([]) == []"],
    ),
    "median": (
        "def median(values):\n    ordered = sorted(values)\n    middle = len(ordered) // 2\n"
        "    if len(ordered) % 2:\n        return ordered[middle]\n"
        "    return (ordered[middle - 1] + ordered[middle]) / 2\n",
        ["median([3, 1, 2]) == 2", "median([4, 1, 3, 2]) == 2.5", "median([9]) == 9"],
    ),
    "is_palindrome": (
        "def is_palindrome(text):\n    kept = [c for c in text.lower() if c.isalnum()]\n"
        "    return kept == kept[::-1]\n",
        ["is_palindrome('A man, a plan, a canal: Panama') == True", "is_palindrome('ab') == False"],
    ),
}  # fmt: skip
WRONG = {  # right tests, a wrong solution
    "tests fail": {
        "wrong_gcd": ("def wrong_gcd(a, b):\n    return a * b\n", ["wrong_gcd(12, 18) == 6"]),
        "endless": ("def endless(n):\n    while True:\n        n += 1\n", ["endless(1) == 1"]),
        "leaves": ("import os\ndef leaves(n):\n    os._exit(0)\n", ["leaves(1) == 1"]),
    },
    "tests too weak": {
        "weak_grade": (
            "def weak_grade(n):\n    if n >= 90:\n        return 'A'\n    if n >= 75:\n        return 'B'\n"
            "    if n >= 60:\n        return 'C'\n    return 'D'\n",
            ["weak_grade(95) == 'A'"],
        ),
        "weak_sign": (
            "def weak_sign(n):\n    if n < 0:\n        return -1\n    if n > 0:\n        return 1\n    return 0\n",
            ["weak_sign(5) == 1"],
        ),
    },
    "tests can't fail": {
        "nothing": ("def nothing(n):\n    n + 1\n", ["nothing(1) == None"]),
    },
    "not a test": {"elsewhere": ("def elsewhere(n):\n    return n\n", ["len('a') == 1"])},
    "does not parse": {"broken": ("def broken(n) return n\n", ["broken(1) == 1"])},
    "no function": {"bare": ("bare = 1\n", ["bare(1) == 1"])},
}  # fmt: skip
FLAKY = {
    f"chance_{i}": (
        f"import os\ndef chance_{i}(n):\n    return n if os.urandom(1)[0] < 128 else n + 1\n",
        [f"chance_{i}(1) == 1"],
    )
    for i in range(24)
}


def answering(known):
    """A model that knows these tasks: name -> solution and tests."""

    def answer(body: dict) -> str:
        name = body["messages"][-1]["content"].split("`")[1]
        code, tests = known[name]
        if "response_format" not in body:
            return f"```python\n{code}```"
        if "calls" in json.dumps(body["response_format"]):
            return json.dumps({"calls": [test.rpartition(" == ")[0] for test in tests]})
        return json.dumps({"tests": [f"assert {test}" for test in tests]})

    return answer


def run(
    tmp_path: Path, server: ModelServer, known, *words: str, given: bool = False, exits: int = 0
) -> Dataset[Instruction]:
    server.answer = answering(known)
    rows = [
        instruction(f"Write a function `{name}` that does its work.", output=code if given else "")
        for name, (code, _) in known.items()
    ]
    folder = write_dataset(tmp_path / "in", Instruction, [rows])
    options = [
        "--profile",
        "small",
        "--set",
        "cpu_seconds=1",
        "--set",
        "retries=0",
        "--model",
        server.url,
        *words,
    ]
    words = ("synth", "solve-and-test", str(folder), "-o", str(tmp_path / "out"), *options)
    assert command(list(words)) == exits
    return Dataset(tmp_path / "out", Instruction)


def names(texts) -> set[str]:
    return {text.split("`")[1] for text in texts}


def test_right_solutions_with_biting_tests_are_kept_and_each_fault_has_its_reason(
    tmp_path: Path, model_server: ModelServer
) -> None:
    wrong = {name: task for tasks in WRONG.values() for name, task in tasks.items()}
    made = run(tmp_path, model_server, RIGHT | wrong)
    kept = list(made)
    assert names(row.instruction for row in kept) == set(RIGHT)
    for row in kept:
        checks = {check.check: check for check in row.lineage.checks}
        noticed, of = (int(word) for word in checks["mutation score"].detail.split() if word.isdigit())
        assert of > 0 and noticed / of >= 0.5
        assert checks["tests pass twice"].verdict == checks["empty body fails"].verdict == "passed"
    reasons: dict[str, set[str]] = {}
    for reject in made.rejects():
        reasons.setdefault(reject["reason"], set()).update(names([reject["instruction"]]))
    assert reasons == {reason: set(tasks) for reason, tasks in WRONG.items()}


def test_what_passes_by_chance_is_flaky(tmp_path: Path, model_server: ModelServer) -> None:
    made = run(tmp_path, model_server, FLAKY, "--set", "reruns=20", exits=1)  # nothing was kept
    reasons = Counter(reject["reason"] for reject in made.rejects())
    assert not list(made) and set(reasons) == {"tests fail", "flaky"}, reasons


def test_values_of_given_solutions_are_recorded(tmp_path: Path, model_server: ModelServer) -> None:
    useless = {
        "opened": ("def opened(path):\n    return open(path)\n", ["opened('/dev/null') == 0"]),
        "raises": ("def raises(n):\n    raise ValueError('never')\n", ["raises(1) == 1"]),
        "constant": ("def constant(n):\n    pass\n", ["constant(1) == 1"]),
        "stops": ("import sys\nsys.exit(3)\ndef stops(n):\n    return n\n", ["stops(1) == 1"]),
    }
    words = ("--set", "solution=given", "--set", "expected=record")
    made = run(tmp_path, model_server, RIGHT | useless, *words, given=True)
    kept = {row.instruction.split("`")[1]: row for row in made}
    assert set(kept) == set(RIGHT)
    for name, (code, tests) in RIGHT.items():
        assert kept[name].output == code, "the given solution is not touched"
        assert kept[name].tests == "".join(f"assert {test}\n" for test in tests), (
            "the values are the code's own"
        )
        assert [entry.field for entry in kept[name].lineage.generated] == ["tests"]
    assert {r["instruction"].split("`")[1]: r["reason"] for r in made.rejects()} == {
        "opened": "no call has a value",
        "raises": "no call has a value",
        "constant": "no call has a value",
        "stops": "solution does not run",
    }
    assert not [body for body in model_server.asked if "response_format" not in body], (
        "no solution is asked for"
    )


def test_values_of_a_written_solution_are_not_recorded(
    tmp_path: Path, model_server: ModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_dataset(tmp_path / "in", Instruction, [[instruction()]])
    words = ["--profile", "small", "--set", "expected=record", "--model", model_server.url]
    assert command(["synth", "solve-and-test", str(folder), "-o", str(tmp_path / "out"), *words]) == 2
    assert "needs solution: given" in capsys.readouterr().err


def test_calls_are_calls_of_the_function_alone() -> None:
    assert recording.calls_fault(["f(1)", "f([], k=2)"], "f") is None
    assert recording.calls_fault(["g(1)"], "f") == ("not a call", "'g(1)' is not a call of f")
    assert recording.calls_fault(["f(1) + 1"], "f")[0] == "not a call"
    assert recording.calls_fault(["f(1"], "f")[0] == "calls do not parse"


def test_what_a_program_prints_itself_is_no_value() -> None:
    calls = ["f(1)", "f(2)", "f(3)"]
    assert "f(2)" in recording.recorder("def f(n):\n    return n\n", calls)
    printed = 'noise\nrecorded value 0 ["value", "[1, 2]"]\nrecorded value x\nrecorded value 2 nonsense\n'
    tests, useless = recording.tests_of(printed + 'recorded value 1 ["value", "nan"]\n', calls)
    assert tests == ["assert f(1) == [1, 2]"]
    assert useless == ["f(2): nan can't be written down", "f(3): nothing came back"]


def test_patterns_let_nothing_through_that_breaks_a_json_string(
    tmp_path: Path, model_server: ModelServer
) -> None:
    known = {"gcd": RIGHT["gcd"]}
    run(tmp_path, model_server, known, "--set", "solution=given", given=True)
    schema = model_server.asked[-1]["response_format"]["json_schema"]["schema"]
    pattern = re.compile(schema["properties"]["tests"]["items"]["pattern"])
    assert pattern.fullmatch("assert gcd(12, 'a') == [6]")
    for broken in ('assert gcd("a") == 1', "assert gcd('\\n') == 1", 'assert gcd(1) == "a"'):
        assert not pattern.fullmatch(broken), broken


def test_calls_have_as_many_literals_as_the_function_needs() -> None:
    def fits(call: str, code: str = RIGHT["clamp"][0], name: str = "clamp") -> bool:
        return re.fullmatch(recording.call_pattern(code, name), call) is not None

    assert fits("clamp(5, 0, 3)") and fits("clamp(-1, 0, 3)")
    assert not fits("clamp(5, 0)") and not fits("clamp(5, 0, 3), 4)") and not fits("clamp(5, 0, 3) returns)")
    flat = RIGHT["flatten"][0]
    assert fits("flatten([[1], [2, 3]])", flat, "flatten") and fits("flatten([])", flat, "flatten")
    assert fits("f('a', key=3)", "def f(text, *, key, mark='!'):\n    return text[:key]\n", "f")
    assert fits("now()", "def now():\n    return 1\n", "now")
