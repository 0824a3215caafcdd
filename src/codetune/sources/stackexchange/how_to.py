"""Is a question a how-to question: one that a piece of code can answer?

Learned from labelled titles where the user has some; else the written rule below. Other kinds are
questions about reasons, about errors, about concepts, and for opinions.

Source of the task: Yao et al. 2018 (StaQC, arXiv:1803.09371), section 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np

__all__ = ["RULE_FIGURES", "HowTo", "cross_validated", "rule"]

_HOW_TO = re.compile(
    r"(?ix) \b how \s+ (?: to | (?: do | can | could | would | should | might | did ) \s+ (?: i | you | we | one | u ) |"
    r"   does \s+ one | best \s+ to ) \b"
    r" | \b how \s+ (?: is | are | can | could | should | would ) \s+ (?: [\w-]+ \s+ ){0,8}? (?: be \s+ )?"
    r"   (?: made | implemented | done | created | written | built | constructed | computed | calculated | generated |"
    r"   converted | simulated ) \b"
    r" | \b (?: what(?:'s|\s+is|\s+are)? | which\s+is | is\s+there | are\s+there ) \s+ (?: the | a | an | any | some )? \s*"
    r"   (?:\w+\s+){0,3} (?: ways? | methods? | function | command | approach | idiom | syntax | query | equivalent | option ) \b"
    r" | \b (?: best | easiest | fastest | simplest | correct | proper | pythonic | efficient | elegant | quickest ) \s+ way \b"
    r" | ^\W* can \s+ (?: i | you | we | one ) \b | \b way \s+ to \b | \b (?: need | want | try(?:ing)? ) \s+ to \b"
)
_CONCEPT = re.compile(
    r"(?i)\bhow\s+to\s+(?:think|justify|understand|explain|know|learn|choose|decide|become|start)\b"
)
_IMPERATIVE = re.compile(
    r"(?i)^(?:\W*\w+\s*[:\-]\s+)?(add|append|apply|build|calculate|call|change|check|combine|compare|compute|concatenate|construct|"
    r"connect|convert|copy|count|create|cut|decode|delete|detect|determine|disable|display|download|draw|encode|execute|"
    r"export|extract|fetch|fill|filter|find|flatten|format|generate|get|getting|group|implement|import|insert|invert|"
    r"iterate|join|list|load|loop|make|map|match|merge|move|obtain|open|order|parse|pass|pick|plot|prevent|print|pull|put|"
    r"read|remove|rename|render|replace|represent|reshape|retrieve|return|reverse|rotate|round|run|save|scrape|search|select|"
    r"send|set|show|simplify|simulate|slice|sort|split|store|strip|subtract|sum|swap|test|transform|transpose|trim|turn|"
    r"update|upload|use|using|validate|wait|write|(?:add|append|apply|build|calculat|call|chang|check|combin|compar|comput|"
    r"connect|convert|copy|count|creat|delet|detect|determin|download|encod|extract|fill|filter|find|format|generat|gett|"
    r"group|implement|import|insert|iterat|join|load|mak|merg|obtain|pars|pass|plott|print|read|remov|renam|replac|return|"
    r"revers|rotat|runn|sav|search|select|send|sett|show|simplify|simulat|sort|splitt|stor|subtract|swapp|transform|updat|"
    r"us|writ)ing)\b"
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


_WORDS = frozenset(
    files("codetune.sources.stackexchange").joinpath("programming_words.txt").read_text("utf-8").split()
)
"""Words of the titles of CodePro's how-to questions that other questions do without."""


RULE_FIGURES = {"titles": 400, "precision": 0.917, "recall": 0.93, "f1": 0.924}
"""Of the rule on titles that were labelled by hand (`tests/data/how_to_titles.md`); run cards say them."""


def rule(title: str) -> bool:
    """Whether a title asks how to do something, by its wording.

    One that says how-to, or begins with the verb of a task, does, unless it names an error, asks for
    reasons (and not even then where it starts with how) or for advice. So does one that is no question at
    all, names no trouble and has a word of programming: many of the questions that people labelled how-to
    only name the task ("SQL statement to find quarters based on date range").

    `RULE_FIGURES` says how well it does.
    """
    if _HOW_TO.search(title):
        asks = bool(re.match(r"(?i)\W*(?:\w+\W+){0,2}how\b", title)) or not _OTHER.search(title)
        return asks and not _CONCEPT.search(title)
    if _IMPERATIVE.search(title):
        return not _OTHER.search(title)
    if any(pattern.search(title) for pattern in (_QUESTION, _OTHER, _TROUBLE)):
        return False
    return not _WORDS.isdisjoint(re.findall(r"[a-z]+", title.lower()))


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
