from __future__ import annotations

import random

from codetune.synth.checks.novelty import NoveltyIndex, words


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
    largest = max(len(bucket) for band in index._index.buckets for bucket in band.values())
    assert largest < 50  # candidates don't grow with the number of texts
