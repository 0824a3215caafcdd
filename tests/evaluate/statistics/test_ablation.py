"""Variants held against the first: Holm over all of them, and the spread between seeds, by hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from codetune.errors import DataError
from codetune.evaluate.scoring.count_samples import count_samples
from codetune.evaluate.scoring.run_samples import SampleResult
from codetune.evaluate.scoring.score import write_score
from codetune.evaluate.scoring.verdict_table import write_verdicts
from codetune.evaluate.statistics.ablation import ScoredVariant, compare_variants
from codetune.records import Problem, Verdict
from codetune.report.ablation import ablation_page

TASKS = [str(number) for number in range(100)]


def write(folder: Path, solved: Collection[int], tasks: Collection[str] = TASKS) -> Path:
    verdicts = {task: Verdict.PASS if int(task) in solved else Verdict.WRONG for task in tasks}
    rows = [SampleResult(task, 0, "", "", "", v, v, 0.0, 0.0) for task, v in verdicts.items()]
    made = list(write_verdicts(folder / "b", rows))
    problems = [Problem(benchmark="b", task_id=task, prompt="", tests="") for task in tasks]
    write_score(folder / "b", count_samples(made, problems, k=(1,)))
    return folder


def variant(folder: Path, name: str, *solved: Collection[int]) -> ScoredVariant:
    scores = {
        seed: {"evaluate": write(folder / name / str(seed), passed)} for seed, passed in enumerate(solved)
    }
    return ScoredVariant(name=name, changes={}, scores=scores)


def test_with_one_seed_the_family_is_corrected_and_the_spread_is_not_known(tmp_path: Path) -> None:
    first = variant(tmp_path, "recipe", range(20))
    # 10 problems gained and none lost: p = 2 / 2^10; 6 gained: p = 2 / 2^6 = 0.03125, one of two looks.
    better, unsure = variant(tmp_path, "x", range(30)), variant(tmp_path, "y", range(26))
    found = compare_variants("a", [0], [first, better, unsure])
    _, x, y = found.results
    assert found.family == 2
    assert x.comparison is not None and y.comparison is not None
    assert x.comparison.adjusted_p_value == pytest.approx(2 * 2 / 2**10)
    assert y.comparison.adjusted_p_value == pytest.approx(2 / 2**6)
    assert (x.word, y.word, x.spread) == ("better", "better", None)
    third = compare_variants("a", [0], [first, unsure, variant(tmp_path, "z", range(26))]).results[-1]
    assert third.word == "tie", "0.03125 in a family of two is 0.0625"


def test_a_difference_that_seeds_alone_make_is_called_so(tmp_path: Path) -> None:
    # Two seeds of the recipe lie 15 points apart; the variant gains 10 with both.
    first = variant(tmp_path, "recipe", range(20), range(35))
    noisy = variant(tmp_path, "x", range(30), range(45))
    _, x = compare_variants("a", [0, 1], [first, noisy]).results
    assert x.comparison is not None and x.comparison.verdict == "better"
    assert x.comparison.difference == pytest.approx(0.10)
    assert x.spread == pytest.approx(0.15)
    assert x.word == "within the spread between seeds"
    # Seeds that agree leave the same gain standing.
    calm = [variant(tmp_path, "calm", range(20), range(21)), variant(tmp_path, "y", range(30), range(31))]
    found = compare_variants("a", [0, 1], calm)
    assert found.results[1].word == "better"
    assert found.results[1].by_seed == {0: 0.30, 1: 0.31}
    page = ablation_page(found)
    assert "+10.0 points" in page and "The bars" not in page and "the lowest and the highest seed" in page


def test_problems_are_the_unit_however_many_seeds(tmp_path: Path) -> None:
    """Ten seeds of the same two answers are no more evidence than one."""
    once = [variant(tmp_path, "a", range(20)), variant(tmp_path, "b", range(26))]
    often = [variant(tmp_path, "c", *[range(20)] * 10), variant(tmp_path, "d", *[range(26)] * 10)]
    p_values = [
        compare_variants("a", range(len(pair[0].scores)), pair).results[1].comparison.p_value  # type: ignore[union-attr]
        for pair in (once, often)
    ]
    assert p_values[1] == pytest.approx(p_values[0])


def test_seeds_that_asked_other_problems_are_paired_by_seed(tmp_path: Path) -> None:
    def half(name: str, solved: Collection[int]) -> ScoredVariant:
        sides = (TASKS[:60], TASKS[40:])
        return ScoredVariant(
            name=name,
            changes={},
            scores={n: {"e": write(tmp_path / name / str(n), solved, side)} for n, side in enumerate(sides)},
        )

    _, x = compare_variants("a", [0, 1], [half("recipe", range(10)), half("x", range(20))]).results
    assert x.comparison is not None
    assert (x.comparison.problems, x.comparison.left_out) == (100, 0)
    assert x.comparison.second_only == 10


def test_what_can_not_be_compared_is_said_and_the_first_has_to_be_there(tmp_path: Path) -> None:
    first = variant(tmp_path, "recipe", range(20))
    stopped = ScoredVariant(name="x", changes={"a.b": 1}, scores={}, failed="no row was kept.")
    other = ScoredVariant(
        name="y", changes={}, scores={0: {"evaluate": write(tmp_path / "y", [], ["500", "501"])}}
    )
    found = compare_variants("a", [0], [first, stopped, other])
    assert found.results[-1].word == "the two runs share 0 counted problems, too few to compare"
    assert "stopped: no row was kept." in ablation_page(found)
    with pytest.raises(DataError, match="first variant has no scores"):
        compare_variants("a", [0], [stopped, first])


def test_the_page_shows_reasons_to_doubt_and_long_names_shortened(tmp_path: Path) -> None:
    first = variant(tmp_path, "recipe", range(20), range(20))
    long = variant(tmp_path, "tasks.tasks=[code_summarization,code_generation]", range(20), range(20))
    found = compare_variants("a", [0, 1], [first, long])
    doubted = replace(found.results[1], warnings=("seed 0: 3 of 3 answers were cut",))
    page = ablation_page(replace(found, results=(found.results[0], doubted)))
    assert "seed 0: 3 of 3 answers were cut." in page
    assert 'class="narrow">tasks.task…,code_generation]<' in page
    assert "Two seeds tell little of that spread" in page
