from __future__ import annotations

import random

import pytest

from codetune.synth.checks.novelty import NoveltyIndex, rouge_l, words


def plain_lcs(one: list[str], other: list[str]) -> int:
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def test_rouge_l_of_known_pairs() -> None:
    # Lin 2004: "police killed the gunman" against "police kill the gunman": LCS 3 of 4 and 4.
    assert rouge_l(["police", "killed", "the", "gunman"], ["police", "kill", "the", "gunman"]) == 0.75
    assert rouge_l(["the", "gunman", "kill", "police"], ["police", "killed", "the", "gunman"]) == 0.5
    assert rouge_l([], ["a"]) == 0.0


def test_rouge_l_agrees_with_the_plain_algorithm() -> None:
    dice = random.Random(1)
    for _ in range(200):
        one = [dice.choice("abcde") for _ in range(dice.randrange(1, 90))]
        other = [dice.choice("abcde") for _ in range(dice.randrange(1, 90))]
        common = plain_lcs(one, other)
        f1 = 2 * common / (len(one) + len(other))
        assert rouge_l(one, other) == pytest.approx(f1)


def test_words_of_both_languages() -> None:
    assert words("Sort my_list 排序!") == ["sort", "my_list", "排", "序"]


def test_near_texts_are_found_and_far_ones_not_compared() -> None:
    dice = random.Random(0)
    vocabulary = [f"w{i}" for i in range(3000)]
    index = NoveltyIndex()
    texts = [[dice.choice(vocabulary) for _ in range(20)] for _ in range(2000)]
    for text in texts:
        index.add(" ".join(text))
    found = 0
    for text in texts[:300]:
        near = text.copy()
        for place in dice.sample(range(20), 4):
            near[place] = dice.choice(vocabulary)
        score, which = index.nearest(" ".join(near))
        found += which == " ".join(text) and score >= 0.7
    assert found >= 294  # 98 %
    assert index.nearest("something quite unlike all of these")[0] < 0.3
    largest = max(len(bucket) for bucket in index._buckets.values())
    assert largest < 50  # candidates don't grow with the number of texts
