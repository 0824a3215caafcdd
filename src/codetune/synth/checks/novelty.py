"""Is a text new against all texts so far, at a cost that does not grow with their number squared.

MinHash with banding proposes the few earlier texts that may be near; ROUGE-L, the measure of
Self-Instruct, decides over those alone. The same request for another programming language is another
task, though it differs in one word: its whole answer differs.
"""

from __future__ import annotations

import re

from codetune.code.languages import LANGUAGES, canonical_language
from codetune.text.minhash import BandIndex, minhash
from codetune.text.similarity import rouge_l_of_tokens

__all__ = ["NoveltyIndex", "words"]

_BANDS, _ROWS = 32, 3
_WORD = re.compile(r"[\u4e00-\u9fff]|[A-Za-z0-9_]+(?:\+\+|#)?")


_NOT_TOLD = frozenset({"c", "r", "go", "css", "html", "json", "yaml"})
"""Languages whose names are also words or letters, and formats, which a task in any language may speak of."""
_NAMED = {
    name: str(canonical_language(name))
    for name in (*(language.display.lower() for language in LANGUAGES.values()), "golang", "js", "nodejs")
    if name not in _NOT_TOLD
}


def words(text: str) -> list[str]:
    """Words in lower case; each Chinese character is one, and so are `c++` and `c#`."""
    return _WORD.findall(text.lower())


class NoveltyIndex:
    """Texts so far.

    Two texts of ROUGE-L 0.7 share at least about half of their words; 32 bands of 3 propose such a
    pair with a probability of 98 % or more. Texts that name different programming languages are never near.
    """

    def __init__(self) -> None:
        self._texts: list[list[str]] = []
        self._languages: list[frozenset[str]] = []
        self._index = BandIndex(_BANDS, _ROWS)

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str) -> None:
        """Remember a text."""
        found = words(text)
        if found:
            self._index.add(len(self._texts), self._keys(found))
        self._texts.append(found)
        self._languages.append(_languages(found))

    def nearest(self, text: str) -> tuple[float, str]:
        """Highest ROUGE-L with an earlier text, and that text's words; (0, "") where none is near."""
        found = words(text)
        best, which, languages = 0.0, "", _languages(found)
        for i in self._index.candidates(self._keys(found)) if found else ():
            if not (languages <= self._languages[i] or languages >= self._languages[i]):
                continue
            score = rouge_l_of_tokens(found, self._texts[i])
            if score > best:
                best, which = score, " ".join(self._texts[i])
        return best, which

    def _keys(self, found: list[str]) -> list[int]:
        keys: list[int] = self._index.keys(minhash([found], permutations=_BANDS * _ROWS, ngram=1))[0].tolist()
        return keys


def _languages(found: list[str]) -> frozenset[str]:
    """Programming languages that a text names."""
    return frozenset(_NAMED[word] for word in found if word in _NAMED)
