"""BLEU of summaries and of code: properties and edges; the published digits are in test_published."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codetune.tasks.grading.bleu import corpus_bleu, smoothed_bleu4, summary_tokens

TEXT = st.text(alphabet="abc \n中文_.", max_size=40)


@settings(max_examples=200)
@given(TEXT, TEXT)
def test_scores_are_fractions_and_one_for_equals(a: str, b: str) -> None:
    assert 0.0 <= smoothed_bleu4(a, b) <= 1.0
    assert 0.0 <= corpus_bleu([a], [b]) <= 1.0
    if len(summary_tokens(a)) >= 4:
        assert smoothed_bleu4(a, a) == pytest.approx(1.0)


def test_empty_answers_score_nothing() -> None:
    assert smoothed_bleu4("say it", "") == 0.0
    assert corpus_bleu(["say it"], [""]) == 0.0
    assert corpus_bleu([], []) == 0.0


@pytest.mark.parametrize(("tokens", "published"), [(1, 0.3679), (3, 0.0498), (10, 0.0000454)])
def test_an_empty_answer_is_worth_nothing_where_the_published_script_gives_it_something(
    tokens, published
) -> None:
    # CodeXGLUE's smoothing makes all four precisions 1 where there is no n-gram; its brevity penalty is left.
    brevity = min(0.0, 1 - (tokens + 1) / (0 + 1))
    assert math.exp(brevity) == pytest.approx(published, rel=1e-3)
    assert smoothed_bleu4(" ".join(["word"] * tokens), "") == 0.0


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="argument"):
        corpus_bleu(["a"], [])


def test_chinese_is_scored_by_the_character() -> None:
    assert summary_tokens("返回sum_of值") == ["返", "回", "sum", "_", "of", "值"]
