"""The two BLEUs that code tasks are reported with; they are not the same number.

Both follow the evaluators of CodeXGLUE (arXiv:2102.04664) digit for digit: `smoothed_bleu4` scores
summaries sentence by sentence, `corpus_bleu` scores code over the whole corpus at once.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

__all__ = ["corpus_bleu", "ngram_counts", "smoothed_bleu4", "summary_tokens"]

_MAX_ORDER = 4
# A word, an underscore, or one other sign; Chinese characters stand alone, as nothing parts them.
_TOKEN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3400-\u4dbf\u4e00-\u9fff]+|_|[^\s\w]")


def ngram_counts(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    """How often each n-gram of one order occurs."""
    return Counter(tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1))


def summary_tokens(text: str) -> list[str]:
    """Tokens as CodeXGLUE's summarisation evaluator makes them: lower case, signs apart.

    Its two steps of normalisation come to this; the one difference is that each Chinese character
    is a token here, where the published evaluator takes a whole unspaced sentence for one word.
    """
    return _TOKEN.findall(text.strip().lower())


def smoothed_bleu4(reference: str, hypothesis: str) -> float:
    """Sentence BLEU-4, add-one smoothed from bigrams on.

    Args:
        reference: The right summary.
        hypothesis: The summary to score.

    Returns:
        Fraction in [0, 1]. The published figure is 100 times its mean over the rows.

    Source: CodeXGLUE code-to-text evaluator (after MOSES; Lin and Och 2004).
    """
    wanted, given = summary_tokens(reference), summary_tokens(hypothesis)
    log_precision = 0.0
    for order in range(1, _MAX_ORDER + 1):
        counts = ngram_counts(given, order)
        matches = (counts & ngram_counts(wanted, order)).total()
        smooth = 1 if order > 1 else 0
        if matches + smooth == 0:
            return 0.0
        log_precision += math.log(matches + smooth) - math.log(max(len(given) - order + 1, 0) + smooth)
    brevity = min(0.0, 1 - (len(wanted) + 1) / (len(given) + 1))
    return math.exp(log_precision / _MAX_ORDER + brevity)


def corpus_bleu(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Corpus BLEU-4 of code, add-one smoothed at every order, tokens parted by white space.

    Args:
        references: The right programs, one for each hypothesis.
        hypotheses: Programs to score, in the same order.

    Returns:
        Fraction in [0, 1]; 0 for an empty corpus.

    Raises:
        ValueError: The two differ in length.

    Source: CodeXGLUE evaluators of translation, refinement and text-to-code.
    """
    matches, possible = [0] * _MAX_ORDER, [0] * _MAX_ORDER
    wanted_length = given_length = 0
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        wanted, given = reference.split(), hypothesis.split()
        wanted_length += len(wanted)
        given_length += len(given)
        for order in range(1, _MAX_ORDER + 1):
            counts = ngram_counts(given, order)
            matches[order - 1] += (counts & ngram_counts(wanted, order)).total()
            possible[order - 1] += max(len(given) - order + 1, 0)
    if given_length == 0 or wanted_length == 0:
        return 0.0
    log_mean = sum(math.log((m + 1) / (p + 1)) for m, p in zip(matches, possible, strict=True)) / _MAX_ORDER
    ratio = given_length / wanted_length
    return math.exp(log_mean) * (1.0 if ratio > 1 else math.exp(1 - 1 / ratio))
