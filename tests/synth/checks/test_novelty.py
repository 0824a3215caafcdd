from __future__ import annotations

import random

import pytest

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


@pytest.mark.parametrize(
    ("earlier", "later", "near"),
    [
        ("Write a Python function that reverses a list.", "Write a C++ function that reverses a list.", False),
        ("Translate this Python code to Java.", "Translate this Python code to JavaScript.", False),
        ("用 Python 编写一个函数，计算列表中所有数的和。", "用 Rust 编写一个函数，计算列表中所有数的和。", False),
        ("Write a Python function that reverses a list.", "Write a function that reverses a list.", True),
        ("Write a Python function that reverses a list.", "Write a Python 3 function that reverses a list.", True),
        ("Go through a list in C and print it in reverse.", "Go through a list and print it in reverse.", True),
    ],
)  # fmt: skip
def test_the_same_request_for_another_language_is_another_task(earlier: str, later: str, near: bool) -> None:
    index = NoveltyIndex()
    index.add(earlier)
    assert (index.nearest(later)[0] > 0.7) is near
