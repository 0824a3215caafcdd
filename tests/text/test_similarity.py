"""Longest common subsequence and ROUGE-L, against slow second opinions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codetune.text.similarity import lcs_length, rouge_l, rouge_l_of_tokens

TEXT = st.text(alphabet="abc \n中文_.", max_size=40)


def lcs_by_table(a: str, b: str) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        above = row[:]
        for j, y in enumerate(b, 1):
            row[j] = above[j - 1] + 1 if x == y else max(above[j], row[j - 1])
    return row[-1]


@given(TEXT, TEXT)
def test_lcs_agrees_with_the_table(a, b):
    assert lcs_length(a, b) == lcs_by_table(a, b)
    words = a.split(), b.split()
    assert lcs_length(*words) == lcs_by_table(*words)


def test_a_long_pair() -> None:
    a, b = "abcdefghij" * 400, "abcdefghji" * 400
    assert lcs_length(a, b) == 3600


def test_rouge_l_of_known_pairs() -> None:
    # Lin 2004: "police killed the gunman" against "police kill the gunman": LCS 3 of 4 and 4.
    assert (
        rouge_l_of_tokens(["police", "killed", "the", "gunman"], ["police", "kill", "the", "gunman"]) == 0.75
    )
    assert (
        rouge_l_of_tokens(["the", "gunman", "kill", "police"], ["police", "killed", "the", "gunman"]) == 0.5
    )
    assert rouge_l_of_tokens([], ["a"]) == 0.0


def test_rouge_l_counts_words_and_chinese_characters() -> None:
    assert rouge_l("Sort it!", "sort IT") == 1.0
    assert rouge_l("返回两数之和", "返回两数之差") == pytest.approx(5 / 6)
    assert rouge_l("say it", "") == 0.0


@given(TEXT, TEXT)
def test_rouge_l_is_a_fraction(a: str, b: str) -> None:
    assert 0.0 <= rouge_l(a, b) <= 1.0
    assert rouge_l(a, b) == pytest.approx(rouge_l(b, a))
