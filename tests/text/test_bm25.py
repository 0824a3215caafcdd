"""BM25 against its formula, worked out by hand."""

from __future__ import annotations

from math import log1p

from codetune.text.bm25 import Bm25, code_terms


def test_terms_split_identifiers():
    assert code_terms("getHTTPResponse(my_var, 10)") == [
        "get", "http", "response", "(", "my", "_", "var", ",", "10", ")",
    ]  # fmt: skip
    assert code_terms("读 a-b") == ["读", "a", "-", "b"]


def bm25_by_hand(query, documents, k1=1.2, b=0.75):
    mean = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        total = 0.0
        for word in set(query):
            holding = sum(word in other for other in documents)
            idf = log1p((len(documents) - holding + 0.5) / (holding + 0.5))
            tf = document.count(word)
            total += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(document) / mean))
        scores.append(total)
    return scores


def test_bm25_agrees_with_its_formula():
    documents = [text.split() for text in ("a b b c", "a b", "c d e f g", "b c d", "x y", "a a a z")]
    for row, near in enumerate(Bm25(documents).neighbours(range(6), 5)):
        scores = bm25_by_hand(documents[row], documents)
        expected = sorted((n for n in range(6) if n != row), key=lambda n: (-scores[n], n))
        positive = [n for n in expected if scores[n] > 0]
        assert list(near)[: len(positive)] == positive
