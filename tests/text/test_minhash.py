"""MinHash: an unbiased estimate of the Jaccard similarity, the same for every batch."""

from __future__ import annotations

import random

import numpy as np
import pytest

from codetune.text.minhash import BandIndex, bands_for, jaccard, minhash, ngrams


def text_of(seed: int, length: int = 60) -> list[str]:
    return random.Random(seed).choices([f"w{i}" for i in range(500)], k=length)


def test_jaccard_by_hand() -> None:
    assert jaccard({"a", "b", "c"}, {"b", "c", "d"}) == 0.5
    assert ngrams(["a", "b"], 5) == {"a b"}
    assert ngrams(["a", "b", "c"], 2) == {"a b", "b c"}
    assert ngrams([], 5) == {""}


@pytest.mark.parametrize("ngram", [1, 5])
def test_signatures_estimate_the_similarity(ngram: int) -> None:
    one, other = text_of(1, 300), text_of(1, 300)
    other[200:] = text_of(2, 100)
    signatures = minhash([one, other], permutations=2_000, ngram=ngram)
    estimate = np.mean(signatures[0] == signatures[1])
    # Standard error of 2,000 draws: at most 0.011.
    assert estimate == pytest.approx(jaccard(ngrams(one, ngram), ngrams(other, ngram)), abs=0.045)


def test_a_signature_depends_on_its_text_alone() -> None:
    texts = [text_of(seed, length) for seed, length in enumerate([0, 1, 4, 5, 6, 30] * 100)]
    together = minhash(iter(texts), permutations=16, ngram=5)
    alone = np.concatenate([minhash([text], permutations=16, ngram=5) for text in texts])
    assert (together == alone).all()
    assert minhash([], permutations=16, ngram=5).shape == (0, 16)
    lone_surrogate = minhash([["\ud800"]], permutations=16, ngram=1)
    assert lone_surrogate.shape == (1, 16)


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
def test_bands_propose_pairs_at_the_threshold(threshold: float) -> None:
    bands, rows = bands_for(threshold, 128)
    assert bands * rows <= 128
    assert 1 - (1 - threshold**rows) ** bands >= 0.99
    assert bands_for(1.0, 128) == (1, 128)


def test_candidates_share_a_band() -> None:
    index = BandIndex(bands=2, rows=2)
    keys = index.keys(np.array([[1, 2, 3, 4], [9, 9, 3, 4], [1, 9, 3, 9]], dtype=np.uint32)).tolist()
    index.add(0, keys[0])
    assert index.candidates(keys[1]) == [0]
    assert index.candidates(keys[2]) == []
