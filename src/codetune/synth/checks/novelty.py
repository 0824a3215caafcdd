"""Is a text new against all texts so far, at a cost that does not grow with their number squared.

MinHash with banding proposes the few earlier texts that may be near; ROUGE-L, the measure of
Self-Instruct, decides over those alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from codetune.text.similarity import rouge_l_of_tokens

__all__ = ["NoveltyIndex", "words"]

_BANDS, _ROWS = 32, 3
_PRIME = np.uint64((1 << 31) - 1)
_DRAW = np.random.default_rng(20221210)  # fixed: an index is the same in every run
_FACTORS = _DRAW.integers(1, 1 << 31, size=_BANDS * _ROWS, dtype=np.uint64)
_SHIFTS = _DRAW.integers(0, 1 << 31, size=_BANDS * _ROWS, dtype=np.uint64)
_WORD = re.compile(r"[\u4e00-\u9fff]|[A-Za-z0-9_]+")


def words(text: str) -> list[str]:
    """Words in lower case; each Chinese character is one."""
    return _WORD.findall(text.lower())


class NoveltyIndex:
    """Texts so far.

    Two texts of ROUGE-L 0.7 share at least about half of their words; 32 bands of 3 propose such a
    pair with a probability of 98 % or more.
    """

    def __init__(self) -> None:
        self._texts: list[list[str]] = []
        self._buckets: dict[bytes, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str) -> None:
        """Remember a text."""
        found = words(text)
        for bucket in _bands(found):
            self._buckets[bucket].append(len(self._texts))
        self._texts.append(found)

    def nearest(self, text: str) -> tuple[float, str]:
        """Highest ROUGE-L with an earlier text, and that text's words; (0, "") where none is near."""
        found = words(text)
        near = {i for bucket in _bands(found) for i in self._buckets.get(bucket, ())}
        best, which = 0.0, ""
        for i in sorted(near):
            score = rouge_l_of_tokens(found, self._texts[i])
            if score > best:
                best, which = score, " ".join(self._texts[i])
        return best, which


def _bands(found: list[str]) -> list[bytes]:
    if not found:
        return []
    hashes = np.array(
        [int.from_bytes(blake2b(w.encode(), digest_size=4).digest(), "big") for w in sorted(set(found))],
        dtype=np.uint64,
    ) % _PRIME  # fmt: skip
    signature: npt.NDArray[np.uint64] = (
        (hashes[:, None] * _FACTORS[None, :] + _SHIFTS[None, :]) % _PRIME
    ).min(axis=0)
    rows = signature.reshape(_BANDS, _ROWS)
    return [bytes([i]) + row.tobytes() for i, row in enumerate(rows)]
