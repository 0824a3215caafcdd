"""One of each stays, the first; similarity is the true Jaccard, never the estimate."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from codetune.curate import duplicates
from codetune.curate.duplicates import band_keys, exact_duplicates, exact_key, shingles
from codetune.rejection import Rejection
from codetune.text.minhash import jaccard

WORDS = [f"word{i}" for i in range(400)]


def text_of(seed: int, length: int = 80) -> str:
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) for _ in range(length))


def ids(texts: list[str]) -> list[str]:
    return [f"id{i}" for i in range(len(texts))]


def near_duplicates(ids: list[str], texts: list[str], threshold: float) -> dict[int, Rejection]:
    return duplicates.near_duplicates(ids, texts.__getitem__, band_keys(texts, threshold), threshold)


def with_one_word_changed(text: str, at: int) -> str:
    words = text.split()
    words[at] = "changed"
    return " ".join(words)


def test_jaccard_by_hand() -> None:
    assert jaccard({"a", "b", "c"}, {"b", "c", "d"}) == 0.5
    assert shingles("A b, c") == {"a b , c"}
    assert shingles("one two three four five six") == {"one two three four five", "two three four five six"}


def test_exact_means_equal_but_for_white_space() -> None:
    texts = ["def f():\n    pass", "x", "def f(): pass", "X"]
    assert {k: v.detail for k, v in exact_duplicates(ids(texts), list(map(exact_key, texts))).items()} == {
        2: "of id0"
    }


def test_a_near_duplicate_goes_and_the_first_stays() -> None:
    original = text_of(1)
    texts = [text_of(2), original, with_one_word_changed(original, 40), text_of(3)]
    found = near_duplicates(ids(texts), texts, 0.7)
    # 76 shingles each, 5 of them hold the changed word: 71 shared of 81.
    assert {k: v.detail for k, v in found.items()} == {2: "of id1, Jaccard 0.88"}


def test_below_the_threshold_it_stays() -> None:
    original = text_of(1)
    texts = [original, with_one_word_changed(original, 40)]
    assert near_duplicates(ids(texts), texts, 0.9) == {}
    assert set(near_duplicates(ids(texts), texts, 0.87)) == {1}


def test_a_chain_of_small_differences_does_not_remove_everything() -> None:
    chain = [text_of(5)]
    for step in range(12):
        chain.append(with_one_word_changed(chain[-1], 6 * step + 3))
    kept = [i for i in range(len(chain)) if i not in near_duplicates(ids(chain), chain, 0.7)]
    assert kept[0] == 0
    assert len(kept) >= 3  # connected components would keep one


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=2, max_size=14), st.sampled_from([0.5, 0.7, 0.9]))
def test_it_agrees_with_comparing_all_pairs(seeds: list[int], threshold: float) -> None:
    texts = [with_one_word_changed(text_of(seed // 2), 10 * (seed % 2)) for seed in seeds]
    expected: set[int] = set()
    for position, text in enumerate(texts):
        earlier = [i for i in range(position) if i not in expected]
        if any(jaccard(shingles(text), shingles(texts[i])) >= threshold for i in earlier):
            expected.add(position)
    assert set(near_duplicates(ids(texts), texts, threshold)) == expected


def test_only_texts_of_candidates_are_looked_up() -> None:
    texts = [text_of(1), text_of(2), text_of(3), text_of(1)]
    asked: set[int] = set()

    def look(position: int) -> str:
        asked.add(position)
        return texts[position]

    assert set(duplicates.near_duplicates(ids(texts), look, band_keys(texts, 0.7), 0.7)) == {3}
    assert asked == {0, 3}


def test_few_and_empty_texts() -> None:
    assert near_duplicates([], [], 0.7) == {}
    assert near_duplicates(["a"], ["x"], 0.7) == {}
    assert set(near_duplicates(["a", "b"], ["", ""], 0.7)) == {1}


def test_nearly_all_pairs_just_over_the_threshold_are_found() -> None:
    missed = 0
    for seed in range(60):
        original = text_of(seed + 100)
        texts = [original, with_one_word_changed(with_one_word_changed(original, 20), 60)]
        missed += not near_duplicates(ids(texts), texts, 0.7)  # their Jaccard is 66/86 = 0.77
    assert missed <= 2
