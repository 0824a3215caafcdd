"""CodeBLEU, each of its parts counted for what it is.

A part that can't be measured is None and named in `left_out`; it is never 0 and never 1. A part
that was measured and found nothing is 0. (The `codebleu` package, 0.7.0, takes a data flow match of
exactly zero for a full score, and runs C's data flow with C#'s rules.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from codetune.code.languages import PARSED_LANGUAGES, canonical_language
from codetune.tasks.grading.codebleu.flow import flows_of
from codetune.tasks.grading.codebleu.flow_rules import FLOW_RULES
from codetune.tasks.grading.codebleu.keywords import KEYWORDS
from codetune.tasks.grading.codebleu.ngrams import bleu_counts, bleu_of, recall_counts, recall_of
from codetune.tasks.grading.codebleu.syntax import matched_subtrees

__all__ = ["COUNTS", "CodeBleu", "codebleu", "codebleu_counts", "codebleu_of"]


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
    counted = [codebleu_counts(*pair, language) for pair in zip(references, hypotheses, strict=True)]
    return codebleu_of([sum(column) for column in zip(*counted, strict=True)], language)


COUNTS = 22
"""Numbers that `codebleu_counts` gives."""
_NGRAM, _WEIGHTED, _SYNTAX, _FLOW = slice(0, 10), slice(10, 18), slice(18, 20), slice(20, 22)


def codebleu_counts(reference: str, hypothesis: str, language: str) -> tuple[float, ...]:
    """What one program adds to the score of a corpus of one language; such numbers add up."""
    language = canonical_language(language) or ""
    wanted, given = reference.split(), hypothesis.split()
    weighted: tuple[float, ...] = (0.0,) * 8
    if language in KEYWORDS:
        weighted = recall_counts(wanted, given, KEYWORDS[language])
    syntax = matched_subtrees(reference, hypothesis, language) if language in PARSED_LANGUAGES else (0, 0)
    flow = _matched_flows(reference, hypothesis, language) if language in FLOW_RULES else (0, 0)
    return (*bleu_counts(wanted, given), *weighted, *syntax, *flow)


def codebleu_of(sums: Sequence[float], language: str) -> CodeBleu:
    """The parts of what `codebleu_counts` adds up to."""
    language = canonical_language(language) or ""
    left_out: dict[str, str] = {}
    weighted = None
    if language in KEYWORDS:
        weighted = recall_of(sums[_WEIGHTED])
    else:
        left_out["weighted_ngram"] = f"no list of keywords for {language or 'an unknown language'}"
    syntax, dataflow = _share(sums[_SYNTAX]), _share(sums[_FLOW])
    if syntax is None:
        left_out["syntax"] = f"no grammar for {language or 'an unknown language'}"
    if dataflow is None:
        left_out["dataflow"] = (
            "the references have no data flow"
            if language in FLOW_RULES
            else f"no rules of data flow for {language or 'an unknown language'}"
        )
    return CodeBleu(
        ngram=bleu_of(sums[_NGRAM]),
        weighted_ngram=weighted,
        syntax=syntax,
        dataflow=dataflow,
        left_out=left_out,
    )


def _share(sums: Sequence[float]) -> float | None:
    matched, total = sums
    return matched / total if total else None


def _matched_flows(reference: str, hypothesis: str, language: str) -> tuple[int, int]:
    wanted = Counter(flows_of(reference, language))
    return (wanted & Counter(flows_of(hypothesis, language))).total(), wanted.total()
