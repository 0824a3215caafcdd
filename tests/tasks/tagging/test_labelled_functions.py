"""The rule against 300 functions that a reader labelled (labelled_functions.md says how)."""

from __future__ import annotations

import importlib.util
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "labelled_functions.jsonl").read_text("utf-8").splitlines()
]
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
    return rows


def test_thirty_functions_of_ten_languages_are_named_once_each() -> None:
    assert set(Counter(row["language"] for row in ROWS).values()) == {30}
    assert len({row["language"] for row in ROWS}) == 10
    assert len({(row["repo"], row["path"], row["line"]) for row in ROWS}) == 300


def test_precision_and_recall_of_each_paradigm(told: list[dict[str, Any]]) -> None:
    pairs = [(row["told"], row["paradigm"]) for row in told]
    assert sum(rule == read for rule, read in pairs) >= 279
    for paradigm, precision, recall in (
        ("event-driven", 1.0, 0.75),
        ("object-oriented", 0.95, 0.98),
        ("functional", 0.79, 0.88),
        ("procedural", 0.93, 0.84),
    ):
        right = pairs.count((paradigm, paradigm))
        assert right / sum(rule == paradigm for rule, _ in pairs) >= precision, paradigm
        assert right / sum(read == paradigm for _, read in pairs) >= recall, paradigm


def test_functions_that_the_rule_was_not_adjusted_to(told: list[dict[str, Any]]) -> None:
    odd = [row["told"] == row["paradigm"] for row in told if row["number"] % 2]
    assert sum(odd) >= 137 and len(odd) == 150
