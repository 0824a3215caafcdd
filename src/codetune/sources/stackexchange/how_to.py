"""Is a question a how-to question: one that a piece of code can answer?

Learned from labelled titles where the user has some; else the written rule below. Other kinds are
questions about reasons, about errors, about concepts, and for opinions.

Source of the task: Yao et al. 2018 (StaQC, arXiv:1803.09371), section 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["HowTo", "cross_validated", "rule"]

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


_TROUBLE = re.compile(
    r"(?ix) \b (?: not | never | cannot | can't | cant | won't | unable | wrong(?:ly)? | issues? | problems? | trouble | stuck |"
    r"   confus\w+ | misunderst\w+ | incorrect(?:ly)? | invalid | \w+(?:error|exception) ) \b | n't\b"
)
_QUESTION = re.compile(r"(?i)^\W*(what|how|which|is|can|could|has|have|did|will|would|am)\b|\?\W*$")


def rule(title: str) -> bool:
    """Whether a title asks how to do something, by its wording.

    One that says how-to, or begins with the verb of a task, does, unless it names an error or asks
    for reasons (and not even then where it starts with how). So does one that is no question at all
    and names no trouble: most of the questions that people labelled how-to only name the task
    ("SQL statement to find quarters based on date range").
    """
    if _HOW_TO.search(title) or _IMPERATIVE.search(title):
        return not _OTHER.search(title) or bool(re.match(r"(?i)\W*how\b", title))
    return not any(pattern.search(title) for pattern in (_QUESTION, _OTHER, _TROUBLE))


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


def cross_validated(labelled: Sequence[tuple[str, bool]], *, folds: int = 5, seed: int = 0) -> dict[str, Any]:
    """What the classifier is worth on titles it has not seen, beside the rule and saying yes to all.

    Args:
        labelled: Titles with their labels.
        folds: Parts; each is judged by what was learned from the others, equal titles together.
        seed: Of the folds.

    Returns:
        `labelled` and `how_to` (counts) and, of each method, `precision`, `recall`, `f1` (fractions); no
        figures where a kind has fewer titles than there are folds.
    """
    from sklearn.metrics import precision_recall_fscore_support
    from sklearn.model_selection import StratifiedGroupKFold

    titles = [title for title, _ in labelled]
    truth = np.array([label for _, label in labelled], dtype=bool)
    shares: dict[str, Any] = {"labelled": len(titles), "how_to": int(truth.sum())}
    if min(truth.sum(), (~truth).sum()) < folds:
        return shares
    learned = np.zeros(len(titles), dtype=bool)
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for train, test in parts.split(titles, truth, [title.strip().lower() for title in titles]):
        model = HowTo([titles[i] for i in train], list(truth[train]), seed=seed)
        learned[test] = model.scores([titles[i] for i in test]) > 0.5
    ruled = np.array([rule(title) for title in titles])
    for way, answers in (("learned", learned), ("rule", ruled), ("all", np.ones(len(titles), dtype=bool))):
        figures = precision_recall_fscore_support(truth, answers, average="binary", zero_division=0)[:3]
        shares[way] = dict(zip(("precision", "recall", "f1"), map(float, figures), strict=True))
    return shares
