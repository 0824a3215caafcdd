"""Programs read out of answers; benchmark items recognised in texts."""

from __future__ import annotations

import pytest

from codetune.records import Problem
from codetune.text.benchmark_index import BenchmarkIndex
from codetune.text.extract import extract, fenced_blocks


@pytest.mark.parametrize(
    ("text", "code", "extractor"),
    [
        ("```python\nx = 1\n```", "x = 1\n", "labelled-block"),
        ("Hi\n```\nx = 1\n```\nbye", "x = 1\n", "block"),
        ("```js\ny\n```\n```py\nx = 1\n```", "x = 1\n", "labelled-block"),
        ("```python\nx = 1", "x = 1", "open-block"),
        ("x = 1\n", "x = 1\n", "whole-text"),
        ("```text\nx\n```\n```text\nz = 2\n```", "z = 2\n", "last-block"),
        ("", "", "none"),
        ("~~~python\nx = '```'\n~~~", "x = '```'\n", "labelled-block"),
    ],
)
def test_readings(text: str, code: str, extractor: str) -> None:
    found = extract(text)
    assert (found.code, found.extractor) == (code, extractor)


def test_the_lenient_reading_takes_what_parses() -> None:
    text = "```python\nthis is not, prose\n```\nand then\n```\nx = 1\n```"
    assert extract(text).code == "this is not, prose\n"
    assert extract(text, lenient=True).code == "x = 1\n"


@pytest.mark.parametrize(
    "program",
    [
        "@cache\ndef f(n):\n    return n\n",
        "def f():\n    yield 1\n",
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None\n",
        "a, b = 1, 2\n",
        "async def f(): ...\n",
        "x = 1\nif x:\n    y = 2\n",
        "lambda: 0\n",
    ],
)
def test_nothing_of_a_program_is_deleted(program: str) -> None:
    assert extract(f"```python\n{program}```").code == program
    assert extract(program).code == program


def test_long_answers_are_read_in_linear_time() -> None:
    text = "\n".join("words " * 10 for _ in range(50_000)) + "\n```python\nx = 1\n```"
    assert [block.code for block in fenced_blocks(text)] == ["x = 1\n"]


ITEM = Problem(
    benchmark="toy",
    task_id="toy/1",
    prompt='def longest(words, limit):\n    """Return the longest of the words that is no longer than the limit, or None."""\n',
    canonical_solution=(
        "    best = None\n    for word in words:\n        if len(word) <= limit:\n"
        "            if best is None or len(word) > len(best):\n                best = word\n    return best\n"
    ),
    tests="",
)


def test_a_verbatim_copy_and_a_renamed_one_are_found() -> None:
    index = BenchmarkIndex.build([ITEM])
    verbatim = index.overlap("Please do this: " + ITEM.prompt)
    assert [(o.task_id, o.kind) for o in verbatim] == [("toy/1", "verbatim")]
    renamed = (ITEM.prompt + (ITEM.canonical_solution or "")).replace("words", "ws").replace("word", "w")
    for old, new in (
        ("longest", "pick"),
        ("limit", "cap"),
        ("best", "b"),
        ("Return the pick of", "Pick from"),
    ):
        renamed = renamed.replace(old, new)
    assert [(o.task_id, o.kind) for o in index.overlap(renamed)] == [("toy/1", "renamed")]


def test_other_code_is_not_found() -> None:
    index = BenchmarkIndex.build([ITEM])
    assert index.overlap("def longest(a):\n    return max(a, key=len)\n") == []
    assert index.overlap("Return the longest of the words.") == []


def test_what_all_items_share_says_nothing() -> None:
    boilerplate = "You are given the following task and you have to write a function that solves it now: "
    items = [
        Problem(benchmark="toy", task_id=f"toy/{i}", prompt=f"{boilerplate}{word}", tests="")
        for i, word in enumerate(("sort", "sum"))
    ]
    assert BenchmarkIndex.build(items).overlap(boilerplate + "something else") == []
