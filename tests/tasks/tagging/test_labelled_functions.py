"""The rule against 370 functions that a reader labelled (labelled_functions.md says how)."""

from __future__ import annotations

import importlib.util
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(__file__).parent / name).read_text("utf-8").splitlines()]


ROWS, LATER = read("labelled_functions.jsonl"), read("labelled_later.jsonl")
REPOSITORIES = os.environ.get("CODETUNE_REPOSITORIES", "")


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    """The rows with what the rule says of each."""
    if not REPOSITORIES:
        pytest.skip("CODETUNE_REPOSITORIES names no folder with clones of the labelled repositories")
    path = Path(__file__).parents[3] / "benchmarks" / "bench_tags.py"
    spec = importlib.util.spec_from_file_location("bench_tags", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows: list[dict[str, Any]] = module.labelled(Path(REPOSITORIES))
    return [*rows, *module.labelled(Path(REPOSITORIES), module.LATER)]


def test_thirty_functions_of_ten_languages_are_named_once_each() -> None:
    assert set(Counter(row["language"] for row in ROWS).values()) == {30}
    assert len({row["language"] for row in ROWS}) == 10
    assert len({(row["repo"], row["path"], row["line"]) for row in ROWS}) == 300


def test_seven_of_each_language_were_labelled_later_in_other_repositories() -> None:
    assert set(Counter(row["language"] for row in LATER).values()) == {7}
    assert not {row["repo"] for row in LATER} & {row["repo"] for row in ROWS}
    assert [row["number"] for row in LATER] == list(range(300, 370))


def test_precision_and_recall_of_each_paradigm(told: list[dict[str, Any]]) -> None:
    pairs = [(row["told"], row["paradigm"]) for row in told if row["number"] < 300]
    assert sum(rule == read for rule, read in pairs) >= 282
    for paradigm, precision, recall in (
        ("event-driven", 1.0, 0.75),
        ("object-oriented", 0.95, 0.98),
        ("functional", 0.95, 0.76),
        ("procedural", 0.9, 0.9),
    ):
        right = pairs.count((paradigm, paradigm))
        assert right / sum(rule == paradigm for rule, _ in pairs) >= precision, paradigm
        assert right / sum(read == paradigm for _, read in pairs) >= recall, paradigm


def test_functions_that_the_rule_was_not_adjusted_to(told: list[dict[str, Any]]) -> None:
    later = [(row["told"], row["paradigm"]) for row in told if row["number"] >= 300]
    assert sum(rule == read for rule, read in later) >= 58
    functional = [read for rule, read in later if rule == "functional"]
    assert functional.count("functional") == len(functional) >= 12
