"""Is a question a how-to question: one that a piece of code can answer?

Learned from labelled titles where the user has some; else the written rule below. Other kinds are
questions about reasons, about errors, about concepts, and for opinions.

Source of the task: Yao et al. 2018 (StaQC, arXiv:1803.09371), section 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

__all__ = ["HowTo", "rule"]

_HOW_TO = re.compile(
    r"(?ix) \b how \s+ (?: to | do | can | could | would | should | might | does\s+one | best ) \b"
    r" | \b (?: what(?:'s|\s+is)? | which\s+is ) \s+ (?:the|a|an) \s+ (?:\w+\s+){0,3} (?: way | method | function | command |"
    r"   approach | idiom | syntax | query | equivalent ) \b"
    r" | \b (?: is\s+there | are\s+there ) \s+ (?: an? | any | some )? \s* (?:\w+\s+){0,3} (?: way | method | function | option ) \b"
    r" | \b (?: best | easiest | fastest | simplest | correct | proper | pythonic | efficient | elegant | quickest ) \s+ way \b"
    r" | \b can \s+ i \b"
)
_IMPERATIVE = re.compile(
    r"(?i)^(?:\W*\w+\s*[:\-]\s+)?(add|append|apply|build|calculate|call|change|check|combine|compare|compute|concatenate|"
    r"connect|convert|copy|count|create|cut|decode|delete|detect|determine|disable|display|download|draw|encode|execute|"
    r"export|extract|fetch|fill|filter|find|flatten|format|generate|get|getting|group|implement|import|insert|invert|"
    r"iterate|join|list|load|loop|make|making|map|match|merge|move|open|order|parse|parsing|pass|pick|plot|prevent|print|"
    r"pull|put|read|reading|remove|removing|rename|render|replace|reshape|retrieve|return|reverse|round|run|running|save|"
    r"scrape|search|select|send|set|setting|show|simulate|slice|sort|sorting|split|splitting|store|strip|sum|swap|test|"
    r"transform|transpose|trim|turn|update|upload|use|using|validate|wait|write|writing)\b"
)
_OTHER = re.compile(
    r"(?ix) ^\W* (?: why | when | where\s+(?:is|are|can\s+i\s+find) | who | should\s+i | what\s+does | what\s+are\s+the\s+"
    r"(?:differences?|advantages?|benefits?|pros) | is\s+it\s+(?:possible|safe|ok|good|bad|true) | does | do\s+ | are | "
    r"difference | understanding | explain )"
    r" | \b (?: vs\.? | versus | difference\s+between | what\s+is\s+the\s+difference | pros\s+and\s+cons | best\s+practices? |"
    r"   error | exception | traceback | not\s+work(?:ing)? | doesn'?t\s+work | isn'?t\s+working | fails? | failed | failing | "
    r"   broken | crash(?:es|ed)? | bug | weird | strange | unexpected ) \b"
)


def rule(title: str) -> bool:
    """Whether a title asks how to do something, by its wording.

    A title that says how-to and names an error counts as how-to only where it starts with how.
    """
    how_to = bool(_HOW_TO.search(title)) or bool(_IMPERATIVE.search(title))
    if not how_to:
        return False
    return not _OTHER.search(title) or bool(re.match(r"(?i)\W*how\b", title))


class HowTo:
    """Logistic regression on words and word pairs of titles.

    Args:
        titles: Of questions.
        labels: Whether each is a how-to question; same length, both kinds among them.
        seed: Of the solver.
    """

    def __init__(self, titles: Sequence[str], labels: Sequence[bool], *, seed: int = 0) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        self._model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True, token_pattern=r"\w+|[^\w\s]", min_df=1),
            LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced", random_state=seed),
        )
        self._model.fit(list(titles), np.asarray(labels, dtype=bool))

    def scores(self, titles: Sequence[str]) -> np.ndarray:
        """Probability of being a how-to question, float64, shape (titles,)."""
        return np.asarray(self._model.predict_proba(list(titles))[:, 1]) if titles else np.zeros(0)
