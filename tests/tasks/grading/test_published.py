"""Graders against the published evaluators, on the samples published beside them.

Expected numbers were printed by CodeXGLUE's own evaluators (commit ac74a62802a0), those of line
completion and text-to-code also stand in its READMEs; ROUGE-L was printed by rouge-score 0.1.2.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codetune.tasks.grading.bleu import corpus_bleu, smoothed_bleu4
from codetune.tasks.grading.classification import binary_scores
from codetune.tasks.grading.retrieval import average_precision_at_r, reciprocal_rank
from codetune.tasks.grading.text_match import edit_similarity, exact_match, same_tokens
from codetune.text.similarity import rouge_l

SAMPLES = json.loads(
    (Path(__file__).parents[2] / "data" / "codexglue" / "evaluator_samples.json").read_text("utf-8")
)


def sample(name: str) -> tuple[list[str], list[str]]:
    return SAMPLES[name]["references"], SAMPLES[name]["predictions"]


def mean_percent(values) -> float:
    values = list(values)
    return 100 * sum(values) / len(values)


def test_summarisation_smoothed_bleu4():
    assert mean_percent(map(smoothed_bleu4, *sample("code_to_text"))) == pytest.approx(9.554726113590661)


def test_summarisation_rouge_l():
    scores = list(map(rouge_l, *sample("code_to_text")))
    assert scores == pytest.approx([0.181818, 0.148148, 0.117647, 0.083333, 0.0], abs=1e-6)
    assert mean_percent(map(rouge_l, *sample("text_to_code"))) == pytest.approx(54.39791781686447)


@pytest.mark.parametrize(
    ("name", "bleu", "match"),
    [("translation", 61.08, 50.0), ("refinement", 79.03, 40.0)],
)
def test_translation_and_refinement(name, bleu, match):
    references, predictions = sample(name)
    assert round(100 * corpus_bleu(references, predictions), 2) == bleu
    assert mean_percent(map(exact_match, references, predictions)) == match


def test_text_to_code():
    references, predictions = sample("text_to_code")
    assert round(100 * corpus_bleu(references, predictions), 2) == 16.68
    assert mean_percent(map(same_tokens, references, predictions)) == 17.0


def test_line_completion():
    references, predictions = sample("line_completion")
    assert round(mean_percent(map(edit_similarity, references, predictions)), 2) == 43.8
    assert mean_percent(map(same_tokens, references, predictions)) == 0.0


def test_mean_reciprocal_rank():
    rankings = [[10, 11, 12, 13, 14], [10, 12, 11, 13, 14], [13, 11, 12, 10, 14], [10, 14, 12, 13, 11], [10, 11, 12, 13, 14]]  # fmt: skip
    ranks = [reciprocal_rank(right, ranking) for right, ranking in zip(range(10, 15), rankings, strict=True)]
    assert round(sum(ranks) / 5, 4) == 0.4233


def test_map_at_r():
    relevant = {"0": "12", "1": "20", "2": "10", "3": "45", "4": "35", "5": "43"}
    rankings = {"0": "32", "1": "04", "2": "01", "4": "15", "3": "42", "5": "43"}
    scores = [average_precision_at_r(set(relevant[key]), list(rankings[key])) for key in relevant]
    assert round(sum(scores) / 6, 4) == 0.5833


def test_defect_accuracy():
    scores = binary_scores([False, True, False, False, True], [False, True, True, False, False])
    assert scores.accuracy == 0.6


def test_f1_against_hand_count():
    truths = [True, True, True, False, False]
    scores = binary_scores(truths, [True, False, None, True, False])
    assert scores.precision == pytest.approx(1 / 2)
    assert scores.recall == pytest.approx(1 / 3)
    assert scores.f1 == pytest.approx(2 / 5)
    assert scores.unreadable == 1


def test_f1_where_nothing_is_positive_is_not_zero_but_undefined():
    scores = binary_scores([False, False], [False, False])
    assert scores.f1 is None
    assert scores.accuracy == 1.0
    assert binary_scores([], []).accuracy is None
