"""Properties of the text metrics, and a slow second opinion on the fast one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codetune.tasks.grading.bleu import corpus_bleu, smoothed_bleu4, summary_tokens
from codetune.tasks.grading.text_match import edit_similarity, plain_literals
from codetune.text.similarity import rouge_l

TEXT = st.text(alphabet="abc \n中文_.", max_size=40)


@settings(max_examples=200)
@given(TEXT, TEXT)
def test_scores_are_fractions_and_one_for_equals(a, b):
    for metric in (smoothed_bleu4, rouge_l, edit_similarity):
        assert 0.0 <= metric(a, b) <= 1.0
    assert 0.0 <= corpus_bleu([a], [b]) <= 1.0
    if len(summary_tokens(a)) >= 4:
        assert smoothed_bleu4(a, a) == pytest.approx(1.0)
    if a.strip():
        assert edit_similarity(a.strip(), a) == 1.0


def test_empty_answers_score_nothing():
    assert smoothed_bleu4("say it", "") == 0.0
    assert rouge_l("say it", "") == 0.0
    assert corpus_bleu(["say it"], [""]) == 0.0
    assert corpus_bleu([], []) == 0.0
    assert edit_similarity("say it", " ") == 0.0


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="argument"):
        corpus_bleu(["a"], [])


def test_chinese_is_scored_by_the_character():
    assert summary_tokens("返回sum_of值") == ["返", "回", "sum", "_", "of", "值"]
    assert 0 < rouge_l("返回两数之和", "返回两数之差") < 1


def test_literals():
    assert plain_literals('f ( <NUM_LIT:1> , "<STR_LIT:a b>" , <STR_LIT> )') == 'f ( 1 , "a b" ,  )'
