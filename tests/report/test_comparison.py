from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.report.made_run import verdict_rows, write_scored
from tests.report.page_reader import PageReader

from codetune.evaluate.statistics.compare import compare_folders
from codetune.report.comparison import comparison_page


@pytest.fixture
def compared(tmp_path):
    """What `codetune compare` finds of two folders."""
    write_scored(tmp_path / "before", verdict_rows(set(range(10))))
    write_scored(tmp_path / "after", verdict_rows(set(range(2, 16))))
    return compare_folders(tmp_path / "before", tmp_path / "after").comparisons


def test_the_page_says_who_was_compared_and_what_may_be_said(compared) -> None:
    reader = PageReader(comparison_page(compared))
    text = " ".join(reader.text.split())
    assert "before and after a tie" in text
    assert "HumanEval pass@1: 6.1% → 8.5%, +2.4 points (−1.3 to +6.1), p = 0.29: a tie." in text
    assert "after solves" in text and "before does not" in text
    assert "6 problems only after solves, 2 only before." in text
    assert len(reader.named("circle")) == 3  # two estimates, and one in the brand


def test_several_benchmarks_are_corrected_and_told_one_by_one(compared) -> None:
    better = replace(compared[0], verdict="better", p_value=0.01, adjusted_p_value=0.02)
    text = PageReader(comparison_page([*compared, better])).text
    assert "p = 0.020: better." in text and "p = 0.29: a tie." in text
    assert "adjusted for all measures and benchmarks compared together (Holm)" in " ".join(text.split())


def test_folders_are_called_by_what_tells_them_apart(compared) -> None:
    moved = replace(compared[0], first="runs/a/evaluate/base", second="runs/b/evaluate/base")
    assert "a and b" in PageReader(comparison_page([moved])).text


def test_names_and_data_are_untrusted(compared) -> None:
    attack = '</title><script>alert(1)</script>\u202e" onload="x'
    page = comparison_page(
        [replace(compared[0], benchmark=attack, test=attack, first=attack, second="b", differing=(attack,))]
    )
    reader = PageReader(page)
    assert not reader.mismatched and len(reader.named("script")) == 1
    assert not [a for _, a in reader.elements if "onload" in a]
    assert "\u202e" not in page


def test_what_is_missing_is_not_zero(compared) -> None:
    text = PageReader(comparison_page([replace(compared[0], benchmark="mbpp", first="x", second="y")])).text
    assert "MBPP pass@1: not run → not run" in text and "0.0%" not in text


def test_headings_form_an_outline(compared) -> None:
    reader = PageReader(comparison_page(compared))
    levels = [int(tag[1]) for tag, _ in reader.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and all(deeper - level <= 1 for level, deeper in pairwise(levels))
    ids = [a["id"] for _, a in reader.elements if "id" in a]
    assert len(ids) == len(set(ids)) and {a["href"][1:] for a in reader.named("a")} <= set(ids)
