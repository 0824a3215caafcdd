from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.report.made_run import judged, verdict_rows, write_scored
from tests.report.page_reader import PageReader

from codetune.cli.main import run as codetune
from codetune.evaluate.scoring.count_samples import count_samples
from codetune.evaluate.scoring.score import Usage, write_score
from codetune.evaluate.scoring.verdict_table import write_verdicts
from codetune.evaluate.statistics.compare import compare_folders
from codetune.records import Problem
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


@pytest.fixture
def sampled(tmp_path):
    """Four samples of twelve problems in two languages; the second run also has a price."""
    problems = [
        Problem(benchmark="humaneval", task_id=f"p{n}", prompt="", tests="", groups=(f"language={'go' if n % 2 else 'python'}",))
        for n in range(12)
    ]  # fmt: skip
    for name, passing, cost in (("before", 1, None), ("after", 2, 0.5)):
        rows = [
            (problem.task_id, "PASS" if number < passing else "WRONG", f"x = {number}", "")
            for problem in problems
            for number in range(4)
        ]
        results = [replace(row, sample=n % 4) for n, row in enumerate(judged(rows))]
        made = list(write_verdicts(tmp_path / name, results))
        usage = Usage(prompt_tokens=1_200, completion_tokens=3_400, seconds=17.0, cost_usd=cost)
        write_score(tmp_path / name, count_samples(made, problems, k=(1,), model=name, usage=usage))
    return compare_folders(tmp_path / "before", tmp_path / "after").comparisons


def test_the_panel_has_parts_the_curve_and_what_asking_took(sampled) -> None:
    page = comparison_page(sampled)
    text = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
    text = " ".join(text.split())
    assert "By language" in text and re.search(r"go 6 25\.0% 50\.0% \+25\.0", text)
    assert "pass@k by the number of samples" in text
    assert "before: pass@1 25.0%, pass@2 50.0%, pass@3 75.0%, pass@4 100.0%; after: pass@1 50.0%" in page
    assert "tokens read 1,200 1,200 tokens written 3,400 3,400 time 17 s 17 s" in text
    assert "cost no price 0.5000 USD" in text
    assert "before does better 0 after does better 12 alike 0" in text


def test_the_terminal_has_the_same_panel(sampled, capsys) -> None:
    assert codetune(["compare", sampled[0].first, sampled[0].second]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "language=go 6 25.0% 50.0% +25.0" in said and "k = 4 100.0%" in said
    assert "1,200 tokens read, 3,400 written, 17 s, 0.5000 USD" in said
