"""Nearest neighbours among pieces of code by BM25: look-alikes that are not the answer.

The right piece is the query: what shares its rare words most is the hardest to tell from it.

Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", with the inverse document
frequency that is never negative; each word of the query counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

__all__ = ["Bm25", "code_terms"]

_TERM = re.compile(r"[A-Za-z]+|\d+|[^\sA-Za-z\d]")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_BATCH = 64
_KEEP_ALL = 20_000


def code_terms(code: str) -> list[str]:
    """Words of identifiers (camelCase and snake_case split), numbers and marks, lower case.

    Two pieces with the same terms are the same code under another layout.
    """
    found = []
    for term in _TERM.findall(code):
        found += [part.lower() for part in _CAMEL.findall(term)] or [term]
    return found


class Bm25:
    """An index over pieces of code.

    Args:
        documents: Terms of each piece.
        k1: How soon repeating a word stops helping; 1.2 as in Okapi BM25 (Robertson 1994).
        b: How much long pieces are held back, 0 to 1; 0.75, likewise.
        common: Words in more than this fraction of the pieces are left out (0 to 1): they weigh next
            to nothing and are nearly all of the work. Corpora of up to 20,000 pieces keep all words.
    """

    def __init__(
        self, documents: Sequence[Sequence[str]], *, k1: float = 1.2, b: float = 0.75, common: float = 0.05
    ) -> None:
        vocabulary: dict[str, int] = {}
        rows: list[int] = []
        columns: list[int] = []
        for row, words in enumerate(documents):
            for word in words:
                rows.append(row)
                columns.append(vocabulary.setdefault(word, len(vocabulary)))
        shape = (len(documents), max(len(vocabulary), 1))
        counts = csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
        counts.sum_duplicates()
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        frequency = np.bincount(counts.indices, minlength=shape[1]).astype(np.float32)
        inverse = np.log1p((shape[0] - frequency + 0.5) / (frequency + 0.5))
        if shape[0] > _KEEP_ALL:
            inverse[frequency > common * shape[0]] = 0.0
        mean = lengths.mean() if len(lengths) and lengths.mean() else 1.0
        held_back = k1 * (1 - b + b * lengths / mean)
        of_row = np.repeat(np.arange(shape[0]), np.diff(counts.indptr))
        weights = counts.copy()
        weights.data = inverse[counts.indices] * counts.data * (k1 + 1) / (counts.data + held_back[of_row])
        weights.eliminate_zeros()
        self._weights = weights
        self._vocabulary = vocabulary
        present = counts.copy()
        present.data = np.ones_like(present.data)
        self._present = present

    def scores(self, query: Iterable[str]) -> npt.NDArray[np.float32]:
        """How well each piece fits a query: shape (pieces,), 0 or more; words no piece has count nothing.

        Args:
            query: Its terms; each counts once.
        """
        columns = sorted({self._vocabulary[word] for word in query if word in self._vocabulary})
        found: npt.NDArray[np.float32] = np.asarray(self._weights[:, columns].sum(axis=1)).ravel()
        return found

    def neighbours(self, rows: Sequence[int], count: int) -> list[npt.NDArray[np.int64]]:
        """The pieces most like each of some pieces, best first, without the piece itself.

        Ties go to the lower number, so the result depends on the documents alone.
        """
        found: list[npt.NDArray[np.int64]] = []
        transposed = self._weights.T.tocsc()
        for start in range(0, len(rows), _BATCH):
            batch = list(rows[start : start + _BATCH])
            scores = np.asarray((self._present[batch] @ transposed).todense())
            for row, line in zip(batch, scores, strict=True):
                line[row] = -np.inf
                take = min(count, len(line) - 1)
                if take <= 0:
                    found.append(np.empty(0, dtype=np.int64))
                    continue
                cut = np.partition(line, len(line) - take)[len(line) - take]
                near = np.flatnonzero(line >= cut)
                order = np.lexsort((near, -line[near]))
                found.append(near[order][:take])
        return found
