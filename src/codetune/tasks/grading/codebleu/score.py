"""CodeBLEU, each of its parts counted for what it is.

A part that can't be measured is None and named in `left_out`; it is never 0 and never 1. A part
that was measured and found nothing is 0. (The `codebleu` package, 0.7.0, takes a data flow match of
exactly zero for a full score, and runs C's data flow with C#'s rules.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from codetune.tasks.grading.codebleu.flow import flows_of
from codetune.tasks.grading.codebleu.flow_rules import FLOW_RULES
from codetune.tasks.grading.codebleu.keywords import KEYWORDS
from codetune.tasks.grading.codebleu.ngrams import bleu, weighted_recall
from codetune.tasks.grading.codebleu.syntax import matched_subtrees
from codetune.text.languages import PARSED_LANGUAGES, canonical_language

__all__ = ["CodeBleu", "codebleu"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBleu:
    """Scores over a corpus; fractions in [0, 1]."""

    ngram: float
    weighted_ngram: float | None
    syntax: float | None
    dataflow: float | None
    left_out: dict[str, str]
    """Part that could not be measured -> why."""

    @property
    def score(self) -> float:
        """Mean of the parts that were measured; with all four, CodeBLEU with equal weights."""
        parts = [self.ngram, self.weighted_ngram, self.syntax, self.dataflow]
        measured = [part for part in parts if part is not None]
        return sum(measured) / len(measured)


def codebleu(references: Sequence[str], hypotheses: Sequence[str], language: str) -> CodeBleu:
    """Score programs against the right ones.

    Args:
        references: The right programs.
        hypotheses: One program for each of them.
        language: Programming language of all.

    Returns:
        The four parts and their mean.

    Raises:
        ValueError: The two differ in length, or are empty.

    Source: Ren et al. 2020, arXiv:2009.10297; evaluator of CodeXGLUE.
    """
    if len(references) != len(hypotheses) or not references:
        raise ValueError(f"{len(references)} references for {len(hypotheses)} hypotheses")
    language = canonical_language(language) or ""
    wanted = [text.split() for text in references]
    given = [text.split() for text in hypotheses]
    left_out: dict[str, str] = {}
    weighted = syntax = dataflow = None
    if language in KEYWORDS:
        weighted = weighted_recall(wanted, given, KEYWORDS[language])
    else:
        left_out["weighted_ngram"] = f"no list of keywords for {language or 'an unknown language'}"
    if language in PARSED_LANGUAGES:
        matched, total = matched_subtrees(references, hypotheses, language)
        syntax = matched / total if total else None
    if syntax is None:
        left_out["syntax"] = f"no grammar for {language or 'an unknown language'}"
    if language in FLOW_RULES:
        matched, total = _matched_flows(references, hypotheses, language)
        dataflow = matched / total if total else None
        if dataflow is None:
            left_out["dataflow"] = "the references have no data flow"
    else:
        left_out["dataflow"] = f"no rules of data flow for {language or 'an unknown language'}"
    return CodeBleu(
        ngram=bleu(wanted, given),
        weighted_ngram=weighted,
        syntax=syntax,
        dataflow=dataflow,
        left_out=left_out,
    )


def _matched_flows(references: Sequence[str], hypotheses: Sequence[str], language: str) -> tuple[int, int]:
    matched = total = 0
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        wanted = Counter(flows_of(reference, language))
        matched += (wanted & Counter(flows_of(hypothesis, language))).total()
        total += wanted.total()
    return matched, total
