"""Is a code block of an answer the answer? Learned from labelled blocks; a written rule where there are none.

Features: the words of code, of the text around it and of the question (hashed), and what a reader
sees at once: where the block stands, how long it is, whether it is a session, a traceback, a table
of results, whether it parses.

Source of the task: Yao et al. 2018 (StaQC, arXiv:1803.09371), section 4; CodePro's labels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from codetune.code.parsing import is_parsed_language, parses
from codetune.text.bm25 import code_terms

__all__ = ["BlockLabeller", "LabelledBlock", "rule"]

_PROMPT = re.compile(r"^\s*(>>>|\.\.\.|In \[\d*\]:|mysql>|sqlite>|postgres=#|SQL>|\$ )", re.MULTILINE)
_OUTPUT = re.compile(
    r"(?m)^\s*(Traceback \(most recent|\w*(Error|Exception)\b.*:|Out\[\d+\]:|[+|][-=+|\s]{5,}|Query OK|\d+ rows? )"
)
_TABLE = re.compile(r"(?m)^\s*[-+=|]{3,}[-+=|\s]*$")
_SQL = re.compile(r"(?i)\b(select|insert|update|delete|create|alter|with|declare|drop|merge)\b")
_CODE = re.compile(r"[=(){};]|\b(def|import|return|for|while|class|print|function|var|let|const)\b")
_SAYS_OUTPUT = re.compile(
    r"(?i)\b(outputs?|prints?|results?|gives?|produces?|returns?|yields?|you('| wi)ll get|error)\b\W*$"
)
_SAYS_CODE = re.compile(
    r"(?i)\b(try|use|using|like this|like so|following|you can|could|do|solution|example|code|with)\b"
)
_HASHED = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledBlock:
    """A code block where it stands."""

    code: str
    before: str = ""
    after: str = ""
    question: str = ""
    position: int = 0
    blocks: int = 1
    programming_language: str | None = None
    label: bool = False
    group: str = ""


def _seen(block: LabelledBlock) -> list[float]:
    """What a reader sees at once; all between 0 and about 1."""
    code = block.code
    lines = [line for line in code.splitlines() if line.strip()] or [""]
    prompts = len(_PROMPT.findall(code))
    asked = {term for term in code_terms(block.question) if len(term) > 2}
    has = {term for term in code_terms(code) if len(term) > 2}
    language = block.programming_language
    return [
        1.0 / (1 + block.position),
        1.0 / block.blocks,
        (block.position + 1) / max(block.blocks, 1),
        float(block.blocks == 1),
        np.log1p(len(code)) / 8,
        np.log1p(len(lines)) / 4,
        max(map(len, lines)) / 100,
        prompts / len(lines),
        float(bool(_OUTPUT.search(code))),
        float(bool(_TABLE.search(code))),
        len(_CODE.findall(code)) / max(len(code), 1) * 10,
        float(bool(_SQL.search(code))),
        sum(c.isdigit() for c in code) / max(len(code), 1),
        sum(not c.isalnum() and not c.isspace() for c in code) / max(len(code), 1),
        float(bool(_SAYS_OUTPUT.search(block.before[-80:]))),
        float(bool(_SAYS_CODE.search(block.before[-80:]))),
        float(bool(_SAYS_OUTPUT.search(block.after[:80]))),
        float(not block.before),
        float(not block.after),
        len(asked & has) / max(len(asked), 1),
        float("import" in has or "from" in has),
        float(_parses(code, language)),
    ]


def _parses(code: str, language: str | None) -> bool:
    if language is None or not is_parsed_language(language) or len(code) > 20_000:
        return False
    bare = re.sub(r"(?m)^\s*(>>>|\.\.\.) ?", "", code)
    return parses(bare, language)


def rule(block: LabelledBlock) -> float:
    """Without labels: a block alone is the answer; among several, the one least like output.

    Returns:
        Between 0 and 1, above 0.5 for an answer.
    """
    if block.blocks == 1:
        return 0.9 if not _OUTPUT.search(block.code) else 0.4
    looks_like_output = bool(_OUTPUT.search(block.code) or _TABLE.search(block.code))
    announced = bool(_SAYS_OUTPUT.search(block.before[-80:]))
    score = (
        0.6 + 0.2 * min(1.0, len(_CODE.findall(block.code)) / 5) - 0.4 * looks_like_output - 0.3 * announced
    )
    return float(min(1.0, max(0.0, score - 0.05 * block.position)))


class BlockLabeller:
    """Logistic regression on hashed words and on what a reader sees.

    Args:
        blocks: Labelled blocks to learn from.
        seed: Of the solver.
    """

    def __init__(self, blocks: Sequence[LabelledBlock], *, seed: int = 0) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler

        labels = np.array([block.label for block in blocks])
        self._words = _word_features(blocks)
        dense = np.array([_seen(block) for block in blocks])
        self._scaler = StandardScaler().fit(dense)
        self._linear = LogisticRegression(C=2.0, max_iter=2000, random_state=seed, class_weight="balanced")
        self._linear.fit(self._together(self._words, dense), labels)
        self._trees = HistGradientBoostingClassifier(
            max_iter=150,
            learning_rate=0.06,
            l2_regularization=1.0,
            random_state=seed,
            class_weight="balanced",
        )
        self._trees.fit(dense, labels)
        del self._words

    def _together(self, words: Any, dense: np.ndarray) -> Any:
        import scipy.sparse as sp

        return sp.hstack([words, sp.csr_matrix(self._scaler.transform(dense) * 0.3)]).tocsr()

    def scores(self, blocks: Sequence[LabelledBlock]) -> np.ndarray:
        """Probability of being an answer, float64, shape (blocks,)."""
        if not blocks:
            return np.zeros(0)
        dense = np.array([_seen(block) for block in blocks])
        linear = self._linear.predict_proba(self._together(_word_features(blocks), dense))[:, 1]
        return np.asarray((linear + self._trees.predict_proba(dense)[:, 1]) / 2)


def _word_features(blocks: Sequence[LabelledBlock]) -> Any:
    import scipy.sparse as sp
    from sklearn.feature_extraction.text import HashingVectorizer

    def hashed(texts: list[list[str]], grams: tuple[int, int]) -> Any:
        vectorizer = HashingVectorizer(
            n_features=_HASHED, analyzer="word", ngram_range=grams, tokenizer=_identity, token_pattern=None,
            preprocessor=_identity, lowercase=False, alternate_sign=False,
        )  # fmt: skip
        matrix = vectorizer.transform(texts)
        matrix.data = np.sqrt(matrix.data)
        return matrix

    code = hashed([code_terms(block.code)[:400] for block in blocks], (1, 2))
    before = hashed([code_terms(block.before[-300:]) for block in blocks], (1, 2))
    after = hashed([code_terms(block.after[:300]) for block in blocks], (1, 2))
    return sp.hstack([code, before, after]).tocsr()


def _identity(terms: Any) -> Any:
    return terms
