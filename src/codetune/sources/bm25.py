"""BM25 neighbours of code: the wrong candidates that are hard to tell from the right one.

Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework"; k1 = 1.2, b = 0.75, and
the idf that is never negative.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["bm25_scores", "code_terms", "neighbours"]

_K1 = 1.2
_B = 0.75
_TERM = re.compile(r"[A-Za-z]+|\d+|[^\sA-Za-z\d]")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def code_terms(code: str) -> list[str]:
    """Words of identifiers (camelCase and snake_case split), numbers and marks, lower case."""
    found = []
    for term in _TERM.findall(code):
        found += [part.lower() for part in _CAMEL.findall(term)] or [term]
    return found


def _counts(texts: Sequence[Sequence[str]]) -> sp.csr_matrix:
    import scipy.sparse as sp  # half a second, which listing the sources need not spend

    vocabulary: dict[str, int] = {}
    indices: list[int] = []
    pointers = [0]
    for terms in texts:
        indices += [vocabulary.setdefault(term, len(vocabulary)) for term in terms]
        pointers.append(len(indices))
    data = np.ones(len(indices), dtype=np.float32)
    matrix = sp.csr_matrix((data, indices, pointers), shape=(len(texts), max(1, len(vocabulary))))
    matrix.sum_duplicates()
    return matrix


def bm25_scores(texts: Sequence[Sequence[str]]) -> np.ndarray:
    """Scores of all texts as queries against all texts as documents.

    Args:
        texts: Terms of each text.

    Returns:
        float32, shape (texts, texts): row = query, column = document; each query term counts once.
    """
    counts = _counts(texts)
    number = counts.shape[0]
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    frequency = np.asarray((counts > 0).sum(axis=0)).ravel()
    idf = np.log1p((number - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
    norm = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1e-9))
    documents = counts.copy()
    rows = np.repeat(np.arange(number), np.diff(documents.indptr))
    documents.data = documents.data * (_K1 + 1) / (documents.data + norm[rows]) * idf[documents.indices]
    queries = counts.copy()
    queries.data = np.ones_like(queries.data)
    return np.asarray((queries @ documents.T).todense(), dtype=np.float32)


def neighbours(codes: Sequence[str], groups: Sequence[str], wanted: int) -> list[list[int]]:
    """For each piece of code the most similar ones that belong to other groups, nearest first.

    Args:
        codes: The pool.
        groups: Pieces of one group (a question) are never each other's neighbours; equal texts
            aren't either.
        wanted: Neighbours for each; fewer where the pool has no more.
    """
    if not codes:
        return []
    texts = [code_terms(code) for code in codes]
    scores = bm25_scores(texts)
    same_text = {text: number for number, text in enumerate(dict.fromkeys(map(_key, texts)))}
    text_of = np.array([same_text[_key(terms)] for terms in texts])
    group_of = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)[1]
    found = []
    for row in range(len(codes)):
        # Equal scores go by position, so that the choice never hangs on the sort's mood.
        order = np.lexsort((np.arange(len(codes)), -scores[row]))
        seen = {int(text_of[row])}
        mine: list[int] = []
        for other in order:
            if len(mine) == wanted:
                break
            if group_of[other] == group_of[row] or int(text_of[other]) in seen:
                continue
            seen.add(int(text_of[other]))
            mine.append(int(other))
        found.append(mine)
    return found


def _key(terms: Sequence[str]) -> str:
    return "\0".join(terms)
