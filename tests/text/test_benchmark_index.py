"""Benchmark items found in training text, and ordinary code left alone."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

import pytest

from codetune.records import Problem
from codetune.text.benchmark_index import BenchmarkIndex

SOLUTION = """    counts = {}
    for word in text.split():
        if word not in counts:
            counts[word] = 0
        counts[word] += 1
    best, most = None, -1
    for word, count in counts.items():
        if count > most or (count == most and word < best):
            best, most = word, count
    return best
"""
PROBLEM = Problem(
    benchmark="made",
    task_id="Made/0",
    prompt="def commonest(text):\n    '''The word that a text has most often; of several the first in the "
    "alphabet wins.'''\n",
    tests="assert commonest('a b b') == 'b'\n",
    entry_point="commonest",
    canonical_solution=SOLUTION,
)


@pytest.fixture(scope="module")
def index() -> BenchmarkIndex:
    return BenchmarkIndex.build([PROBLEM])


def test_the_statement_is_found_verbatim(index: BenchmarkIndex) -> None:
    text = "Please write the word that a text has most often; of several the first in the alphabet wins."
    found = index.overlap(text, None)
    assert [(o.task_id, o.kind) for o in found] == [("Made/0", "verbatim")]
    assert 0 < found[0].share < 1


def test_the_solution_is_found_with_its_names_changed(index: BenchmarkIndex) -> None:
    names = {"counts": "tally", "word": "w", "best": "top", "most": "n", "text": "s", "count": "c"}
    renamed = re.sub(r"\b\w+\b", lambda m: names.get(m[0], m[0]), SOLUTION)
    found = index.overlap(f"def solve(s):\n{renamed}")
    assert [(o.task_id, o.kind) for o in found] == [("Made/0", "renamed")]
    assert found[0].share > 0.8
    assert not index.overlap(f"def solve(s):\n{renamed[:120]}\n")


def test_what_two_items_share_belongs_to_neither() -> None:
    duplicate = Problem(
        benchmark="made",
        task_id="Made/1",
        prompt=PROBLEM.prompt,
        tests=PROBLEM.tests,
        entry_point="commonest",
        canonical_solution="    return 1\n",
    )
    one = BenchmarkIndex.build([PROBLEM, duplicate])
    text = "the word that a text has most often; of several the first in the alphabet wins"
    assert not one.overlap(text, None)


def test_ordinary_code_is_not_flagged(index: BenchmarkIndex) -> None:
    library = Path(sysconfig.get_paths()["stdlib"])
    for name in ("textwrap.py", "heapq.py", "bisect.py", "statistics.py", "collections/__init__.py"):
        assert not index.overlap((library / name).read_text("utf-8")), name


def test_what_all_items_share_says_nothing() -> None:
    boilerplate = "You are given the following task and you have to write a function that solves it now: "
    items = [
        Problem(benchmark="toy", task_id=f"toy/{i}", prompt=f"{boilerplate}{word}", tests="")
        for i, word in enumerate(("sort", "sum"))
    ]
    assert BenchmarkIndex.build(items).overlap(boilerplate + "something else") == []
