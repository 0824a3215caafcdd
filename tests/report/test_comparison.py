from __future__ import annotations

import re
from itertools import pairwise

from tests.report.made_run import COMPARISON, SCORES
from tests.report.page_reader import PageReader

from codetune.report.comparison import comparison_page

ONE = {**COMPARISON, "benchmark": "humaneval", "a": SCORES["base"], "b": SCORES["tuned"]}


def test_the_page_says_who_was_compared_and_what_may_be_said() -> None:
    reader = PageReader(comparison_page(ONE, names=("before", "after")))
    text = " ".join(reader.text.split())
    assert "before and after a tie" in text
    assert "HumanEval pass@1: 6.1% → 8.5%, +2.4 points (−1.1 to +6.0), p = 0.29: a tie." in text
    assert "after solves" in text and "before does not" in text
    assert len(reader.named("circle")) == 3  # two estimates, and one in the brand


def test_several_benchmarks_are_corrected_and_told_one_by_one() -> None:
    better = {**ONE, "benchmark": "mbpp", "verdict": "better", "p_value": 0.01, "adjusted_p_value": 0.02}
    text = PageReader(comparison_page({"benchmarks": [ONE, better]})).text
    assert "p = 0.020: better." in text and "HumanEval" in text and "MBPP" in text
    assert re.search(r"over all benchmarks \(Holm\)\s*p = 0\.020", text)


def test_names_and_data_are_untrusted() -> None:
    attack = '</title><script>alert(1)</script>\u202e" onload="x'
    page = comparison_page({**ONE, "benchmark": attack, "test": attack}, names=(attack, attack))
    reader = PageReader(page)
    assert not reader.mismatched and len(reader.named("script")) == 1
    assert not [a for _, a in reader.elements if "onload" in a]
    assert "\u202e" not in page


def test_what_is_missing_is_not_zero() -> None:
    text = PageReader(comparison_page({"benchmark": "mbpp"})).text
    assert "MBPP: not run." in text and "0.0%" not in text


def test_headings_form_an_outline() -> None:
    reader = PageReader(comparison_page(ONE))
    levels = [int(tag[1]) for tag, _ in reader.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and all(deeper - level <= 1 for level, deeper in pairwise(levels))
    ids = [a["id"] for _, a in reader.elements if "id" in a]
    assert len(ids) == len(set(ids)) and {a["href"][1:] for a in reader.named("a")} <= set(ids)
