"""Runs paired by problem: by hand, in clusters, over several benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from codetune.errors import DataError, UsageError
from codetune.evaluate.scoring.count_samples import Tally, count_samples
from codetune.evaluate.scoring.run_samples import SampleResult
from codetune.evaluate.scoring.score import Conditions, write_score
from codetune.evaluate.scoring.verdict_table import write_verdicts
from codetune.evaluate.statistics.compare import compare_folders, compare_tallies
from codetune.records import Problem, Verdict
from codetune.report.comparison import comparison_page


def test_a_comparison_by_hand() -> None:
    first = {str(i): Tally(passed=int(i < 30), counted=1) for i in range(100)}
    second = {str(i): Tally(passed=int(10 <= i < 52), counted=1) for i in range(100)}
    found = compare_tallies(first, second)
    assert (found.both, found.first_only, found.second_only, found.neither) == (20, 10, 22, 48)
    assert found.difference == pytest.approx(0.12)
    assert found.verdict == "tie"
    assert found.p_value == pytest.approx(0.0501, abs=1e-4)
    second["60"] = second["61"] = Tally(passed=1, counted=1)
    assert compare_tallies(first, second).verdict == "better"
    assert compare_tallies(second, first).verdict == "worse"


def test_missing_is_not_zero_when_comparing() -> None:
    first = {"a": Tally(1, 1), "b": Tally(0, 1), "c": Tally(1, 1)}
    second = {"a": Tally(1, 1), "b": Tally(0, 1), "c": Tally(0, 0)}
    found = compare_tallies(first, second)
    assert (found.problems, found.left_out) == (2, 1)


def test_runs_of_different_benchmarks_are_not_compared(tmp_path: Path) -> None:
    for name in ("x", "y"):
        _score(tmp_path / name, name, {"1": True, "2": False})
    with pytest.raises(DataError, match="different benchmarks, x and y"):
        compare_folders(tmp_path / "x", tmp_path / "y")
    with pytest.raises(DataError, match="holds no score"):
        compare_folders(tmp_path / "nothing", tmp_path / "y")


def test_variants_of_one_problem_are_one_piece_of_evidence() -> None:
    # 8 problems in 6 wordings each: the second run has solved 5 of the problems in all wordings.
    names = [f"{problem}/{wording}" for problem in range(8) for wording in range(6)]
    first = dict.fromkeys(names, Tally(0, 1))
    second = {name: Tally(int(int(name[0]) < 5), 1) for name in names}
    alone = compare_tallies(first, second)
    assert (alone.verdict, alone.clusters, alone.test) == ("better", 48, "exact McNemar")
    together = compare_tallies(first, second, clusters={name: name[0] for name in names})
    assert together.difference == pytest.approx(alone.difference)
    assert (together.verdict, together.clusters) == ("tie", 8)
    assert together.p_value == pytest.approx(2 / 2**5)  # five clusters that differ, all one way
    assert together.test == "exact sign-flip permutation over clusters"
    assert together.high - together.low > 1.5 * (alone.high - alone.low)
    assert together.smallest_detectable > 1.5 * alone.smallest_detectable
    with pytest.raises(DataError, match="variants of one"):
        compare_tallies(first, second, clusters=dict.fromkeys(names, "one"))


def test_pass_hat_k_is_compared_too() -> None:
    # On average both solve half; the second solves the same half each time.
    first = {str(i): Tally(2, 4) for i in range(40)}
    second = {str(i): Tally(4 * (i % 2), 4) for i in range(40)}
    assert compare_tallies(first, second).verdict == "tie"
    found = compare_tallies(first, second, metric="pass^2")
    assert found.difference == pytest.approx(0.5 - 1 / 6)
    assert (found.verdict, found.metric) == ("better", "pass^2")
    with pytest.raises(UsageError, match="needs at least 9"):
        compare_tallies(first, second, metric="pass@9")
    with pytest.raises(UsageError, match="no metric 'best@1'"):
        compare_tallies(first, second, metric="best@1")


def _score(folder: Path, name: str, passed: Mapping[str, bool], conditions: Conditions | None = None) -> None:
    rows = [
        SampleResult(task, 0, "", "", "", verdict, verdict, 0.0, 0.0)
        for task, right in passed.items()
        for verdict in [Verdict.PASS if right else Verdict.WRONG]
    ]
    made = list(write_verdicts(folder, rows))
    problems = [Problem(benchmark=name, task_id=task, prompt="", tests="") for task in passed]
    write_score(folder, count_samples(made, problems, k=(1,), conditions=conditions))


def test_several_benchmarks_are_corrected_by_holm(tmp_path: Path) -> None:
    # 12 against 2 discordant: p = 0.0129 alone. With three looks 0.0388, still told apart; 11 against
    # 2 (p = 0.0225) is then 0.0449; 9 against 2 (p = 0.0654) decides nothing.
    for name, gained, lost in (("a", 12, 2), ("b", 11, 2), ("c", 9, 2)):
        tasks = [str(i) for i in range(60)]
        _score(tmp_path / "base" / name, name, {t: int(t) < lost or int(t) >= 40 for t in tasks})
        _score(
            tmp_path / "tuned" / name,
            name,
            {t: lost <= int(t) < lost + gained or int(t) >= 40 for t in tasks},
        )
    found = compare_folders(tmp_path / "base", tmp_path / "tuned")
    values = {one.benchmark: one for one in found.comparisons}
    assert [round(one.p_value, 4) for one in values.values()] == [0.0129, 0.0225, 0.0654]
    assert [round(one.adjusted_p_value, 4) for one in values.values()] == [0.0388, 0.0449, 0.0654]
    assert [one.verdict for one in values.values()] == ["better", "better", "tie"]
    page = comparison_page(found.comparisons)
    assert "a tie" in page and page.count("better") >= 2
    # One more look, and the second is no longer told apart.
    for side in ("base", "tuned"):
        _score(tmp_path / side / "d", "d", dict.fromkeys(map(str, range(60)), True))
    more = compare_folders(tmp_path / "base", tmp_path / "tuned")
    assert [one.verdict for one in more.comparisons] == ["tie", "tie", "tie", "tie"]
    # What one side alone has is named, and counts for nothing.
    _score(tmp_path / "tuned" / "e", "e", {"1": True, "2": False})
    assert compare_folders(tmp_path / "base", tmp_path / "tuned").unpaired == ("e",)


def test_a_folder_with_two_scores_of_one_benchmark_is_ambiguous(tmp_path: Path) -> None:
    for name in ("x", "y"):
        _score(tmp_path / "runs" / name, "a", {"1": True, "2": False})
    with pytest.raises(DataError, match="two scores of a, x and y"):
        compare_folders(tmp_path / "runs", tmp_path / "runs")


def test_what_differs_beside_the_model_is_named(tmp_path: Path) -> None:
    short = Conditions(
        items="i", prompts="p", prompt_style="chat", max_new_tokens=128, test_isolation="standard", seed=1
    )
    for name, conditions in (
        ("short", short),
        ("long", replace(short, max_new_tokens=1024, seed=2)),
        ("worded", replace(short, prompts="q")),
        ("styled", replace(short, prompts="q", prompt_style="completion", test_isolation="strict")),
    ):
        _score(tmp_path / name, "a", {"1": True, "2": False}, conditions)

    def differing(other: str) -> tuple[str, ...]:
        return compare_folders(tmp_path / "short", tmp_path / other).comparisons[0].differing

    assert differing("short") == ()
    # Another seed is chance, which the interval is about.
    assert differing("long") == ("the longest answer in tokens: 128 in the first, 1,024 in the second",)
    assert differing("worded") == ("the prompts, which prompts.jsonl keeps for each",)
    assert differing("styled") == (
        "the prompt style: chat in the first, completion in the second",
        "the test isolation: standard in the first, strict in the second",
    )


def test_no_discordant_pair_is_not_certainty() -> None:
    two = {"a": Tally(1, 1), "b": Tally(0, 1)}
    found = compare_tallies(two, two)
    assert (found.difference, found.verdict) == (0, "tie")
    # Bonett and Price: 1.96 * sqrt((1/4 + 1/4) / 4), by hand.
    assert (found.low, found.high) == pytest.approx((-0.693, 0.693), abs=1e-3)
    many = {str(i): Tally(i % 2, 1) for i in range(164)}
    assert compare_tallies(many, many).high == pytest.approx(1.96 * (2 / 166 / 166) ** 0.5, abs=1e-4)
    # Several samples each: one problem that moved is the least there can be.
    often = {str(i): Tally(2, 4) for i in range(30)}
    assert 0 < compare_tallies(often, often).high < 0.1


def test_few_clusters_give_way_to_the_next_finer_group() -> None:
    names = [f"{repo}/{file}/{row}" for repo in range(2) for file in range(8) for row in range(3)]
    first = {name: Tally(0, 1) for name in names}
    second = {name: Tally(int(name[2] < "5"), 1) for name in names}
    repositories = {name: name[0] for name in names}
    files = {name: name[:3] for name in names}
    found = compare_tallies(first, second, clusters=repositories, finer_groups=files)
    assert (found.clusters, found.problems) == (16, 48)
    assert found.note == "2 groups of related problems are too few"
    assert found.verdict == "better"


def test_pass_at_k_by_k_and_groups_alone() -> None:
    first = {f"p{n}": Tally(passed=n % 2, counted=4) for n in range(12)}
    second = {f"p{n}": Tally(passed=2, counted=4) for n in range(12)}
    groups = {"difficulty=easy": [f"p{n}" for n in range(6)], "difficulty=hard": ["p11"], "none": ["gone"]}
    found = compare_tallies(first, second, groups=groups)
    assert [point.k for point in found.curve] == [1, 2, 3, 4]
    # By hand: of four samples one passes in half of the problems, so pass@1 is 1/8 and pass@4 is 1/2.
    assert [round(point.first.value, 3) for point in found.curve] == [0.125, 0.25, 0.375, 0.5]
    assert [round(point.second.value, 3) for point in found.curve] == [0.5, 0.833, 1.0, 1.0]
    assert all(p.first.low <= p.first.value <= p.first.high for p in found.curve)
    easy, hard = found.groups["difficulty=easy"], found.groups["difficulty=hard"]
    assert (easy.problems, easy.first, easy.second) == (6, 0.125, 0.5)
    assert easy.low is not None and hard.low is None and "none" not in found.groups


def test_one_sample_makes_no_curve() -> None:
    runs = {f"p{n}": Tally(passed=n % 2, counted=1) for n in range(4)}
    assert compare_tallies(runs, runs).curve == ()


def test_a_tie_says_how_many_problems_would_show_the_gain() -> None:
    first = {f"p{n}": Tally(passed=n % 2, counted=1) for n in range(40)}
    second = {f"p{n}": Tally(passed=1 if n == 0 else n % 2, counted=1) for n in range(40)}
    tie = compare_tallies(first, second)
    gain, problems = tie.needed
    # By hand: the spread of one gain in forty is 0.158, so (1.96 + 0.84)^2 (0.158 / 0.025)^2 = 314.
    assert (gain, problems) == (0.025, pytest.approx(314, abs=1))
    same = compare_tallies(first, first)
    assert same.needed[0] == 0.05  # nothing was gained, so five points are assumed
    assert replace(tie, verdict="better").needed is None
