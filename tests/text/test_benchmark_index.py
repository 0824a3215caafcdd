"""Benchmark items found in training text, and ordinary code left alone."""

from __future__ import annotations

import re
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codetune.evaluate.benchmarks.registry import load_problems
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


def test_what_two_problems_share_belongs_to_neither() -> None:
    statement = "the word that a text has most often; of several the first in the alphabet wins"
    items = [
        Problem(benchmark="made", task_id=f"Made/{i}", prompt=f"{statement} {more}", tests="")
        for i, more in enumerate(("and the count is given too", "and nothing else is said of it"))
    ]
    assert not BenchmarkIndex.build(items).overlap(statement, None)


def test_items_that_ask_the_same_are_one_problem() -> None:
    duplicate = replace(PROBLEM, id="", task_id="Made/1", canonical_solution="    return 1\n")
    found = BenchmarkIndex.build([PROBLEM, duplicate]).overlap(PROBLEM.prompt, None)
    assert {one.task_id for one in found} == {"Made/0", "Made/1"}


def test_a_second_benchmark_with_the_same_problem_hides_nothing() -> None:
    sanitized = replace(PROBLEM, id="", benchmark="sanitized", prompt=f"{PROBLEM.prompt} Reworded.")
    found = BenchmarkIndex.build([PROBLEM, sanitized]).overlap(PROBLEM.prompt, None)
    assert {one.benchmark for one in found} == {"made", "sanitized"}


_VOCABULARY = st.sampled_from(("the", "of", "list", "sum", "two", "words", "first", "0", "1"))
_TEXTS = st.lists(_VOCABULARY, min_size=8, max_size=30).map(" ".join)


@given(st.lists(_TEXTS, min_size=1, max_size=6), st.lists(_TEXTS, max_size=6), st.data())
@settings(max_examples=100, deadline=None)
def test_no_benchmark_added_lowers_recall(first: list[str], more: list[str], data: st.DataObject) -> None:
    repeated = data.draw(st.lists(st.sampled_from(first), max_size=3))
    a = [Problem(benchmark="a", task_id=f"a/{i}", prompt=text, tests="") for i, text in enumerate(first)]
    b = [
        Problem(benchmark="b", task_id=f"b/{i}", prompt=text, tests="")
        for i, text in enumerate([*repeated, *more])
    ]
    alone, both = BenchmarkIndex.build(a), BenchmarkIndex.build([*a, *b])
    for text in (*first, *more):
        found = [one for one in both.overlap(text, None) if one.benchmark == "a"]
        assert found == alone.overlap(text, None)


def test_a_run_of_numbers_is_no_items_own() -> None:
    table = Problem(benchmark="made", task_id="Made/2", prompt="Fill this: " + "0 " * 12, tests="")
    assert not BenchmarkIndex.build([table]).overlap("0 0 0 0 0 0 0 0 0 0 0 0", None)


@pytest.mark.parametrize("names", [("mbpp",), ("mbpp", "mbpp-sanitized"), ("mbpp", "humaneval", "apeval")])
def test_every_item_of_mbpp_is_found_whatever_stands_beside_it(
    names: tuple[str, ...], shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODETUNE_DATA", str(shared_data))
    items = [problem for name in names for problem in load_problems(name)]
    index = BenchmarkIndex.build(items)
    for problem in items[:500]:
        found = index.overlap(f"{problem.prompt}\n{problem.canonical_solution}")
        assert problem.task_id in {one.task_id for one in found}


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
