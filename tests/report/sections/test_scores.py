from __future__ import annotations

import json

import pytest
from tests.report.made_run import verdict_rows, write_evaluation, write_scored

from codetune.errors import DataError
from codetune.report.sections.differences import in_turn, read_differences
from codetune.report.sections.scores import read_evaluations
from codetune.report.sections.stages import Stages


def evaluation_of(folder, differences=6):
    (found,) = read_evaluations(Stages([folder]).all[0], differences)
    return found


@pytest.fixture
def folder(tmp_path):
    return write_evaluation(tmp_path / "e", verdict_rows(set(range(10))), verdict_rows(set(range(2, 16))))


def test_it_reads_what_evaluation_writes(folder) -> None:
    found = evaluation_of(folder)
    assert (found.benchmark, found.edition, found.names) == (
        "HumanEval",
        "openai/human-eval, MIT",
        ("base", "tuned"),
    )
    assert (found.base.score.passed, found.base.score.problems, found.base.score.samples) == (10, 164, 164)
    assert found.base.leading.value == pytest.approx(10 / 164)
    # Wilson's interval of 10 in 164, computed by hand.
    assert (found.base.leading.low, found.base.leading.high) == pytest.approx((0.0335, 0.1086), abs=1e-4)
    assert found.tuned.score.model == "smollm2 + adapter"
    assert found.base.verdicts[0] == ("PASS", 10) and sum(n for _, n in found.base.verdicts) == 164
    assert found.comparison.verdict == "tie"
    assert found.comparison.p_value == pytest.approx(0.2890625)  # 2 of 8 by the binomial, two-sided
    assert (found.comparison.first_only, found.comparison.second_only) == (2, 6) == (found.lost, found.gained)


def test_gains_and_losses_take_turns(folder) -> None:
    shown = evaluation_of(folder, 5).differences
    assert [(d.task_id, d.gained) for d in shown] == [
        ("HumanEval/10", True),
        ("HumanEval/0", False),
        ("HumanEval/11", True),
        ("HumanEval/1", False),
        ("HumanEval/12", True),
    ]
    assert evaluation_of(folder, 0).differences == []
    assert len(in_turn(shown, 99)) == 5


def test_a_difference_has_the_prompt_and_both_programs(folder) -> None:
    first = evaluation_of(folder).differences[0]
    assert first.prompt == "Solve HumanEval/10."
    assert (first.base.verdict, first.tuned.verdict) == ("CPU_TLE", "PASS")
    assert "# 10" in first.base.solution


def test_a_sample_that_was_not_judged_is_no_difference(tmp_path) -> None:
    write_scored(tmp_path / "a", [("x", "PASS", "", ""), ("y", "PASS", "", ""), ("z", "PASS", "", "")])
    write_scored(tmp_path / "b", [("x", "SKIPPED", "", ""), ("y", "WRONG", "", ""), ("w", "WRONG", "", "")])
    assert [d.task_id for d in read_differences(tmp_path / "a", tmp_path / "b")] == ["y"]


def test_samples_run_without_a_sandbox_are_counted(tmp_path) -> None:
    write_scored(tmp_path / "base", verdict_rows({1}, 5), tier="none")
    rows = verdict_rows({1}, 5)
    folder = write_evaluation(tmp_path / "e", rows, rows)
    (folder / "base" / "humaneval" / "score.json").write_text((tmp_path / "base" / "score.json").read_text())
    found = evaluation_of(folder)
    assert (found.base.unsandboxed, found.tuned.unsandboxed) == (5, 0)


def test_several_ks_are_in_order(folder) -> None:
    path = folder / "base" / "humaneval" / "score.json"
    score = json.loads(path.read_text())
    one = score["pass_at_k"]["1"]
    path.write_text(json.dumps({**score, "pass_at_k": {"100": one, "10": one, "1": one}}))
    assert [r.label for r in evaluation_of(folder).base.rates] == ["pass@1", "pass@10", "pass@100"]


@pytest.mark.parametrize(("text", "words"), [("{", "not JSON"), ("[]", "no JSON object")])
@pytest.mark.parametrize("name", ["base/humaneval/score.json", "comparison.json"])
def test_a_damaged_file_is_a_sentence(folder, name, text, words) -> None:
    (folder / name).write_text(text)
    with pytest.raises(DataError, match=f"{words}.*{name}"):
        evaluation_of(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"passed": "many"}, "this is not a score: passed"),
        ({"pass_at_k": [1]}, "this is not a score: pass_at_k"),
        ({"problems": None}, "this is not a score: problems"),
        ({"schema": 1}, "written in form 1, and this codetune reads form 3"),
    ],
)
def test_values_of_the_wrong_kind_are_a_sentence_that_names_them(folder, change, words) -> None:
    path = folder / "base" / "humaneval" / "score.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(DataError, match=words):
        evaluation_of(folder)
