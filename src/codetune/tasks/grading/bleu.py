"""The two BLEUs that code tasks are reported with; they are not the same number.

Both follow the evaluators of CodeXGLUE (arXiv:2102.04664) digit for digit: `smoothed_bleu4` scores
summaries sentence by sentence, `corpus_bleu` scores code over the whole corpus at once.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

__all__ = ["bleu_counts", "bleu_of", "corpus_bleu", "ngram_counts", "smoothed_bleu4", "summary_tokens"]

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
    counted = [bleu_counts(*pair) for pair in zip(references, hypotheses, strict=True)]
    return bleu_of([sum(column) for column in zip(*counted, strict=True)]) if counted else 0.0


def bleu_counts(reference: str, hypothesis: str) -> tuple[float, ...]:
    """Ten numbers that add up over a corpus: matches and possible ones of each order, and both lengths."""
    wanted, given = reference.split(), hypothesis.split()
    matches, possible = [], []
    for order in range(1, _MAX_ORDER + 1):
        matches.append((ngram_counts(given, order) & ngram_counts(wanted, order)).total())
        possible.append(max(len(given) - order + 1, 0))
    return (*matches, *possible, len(wanted), len(given))


def bleu_of(sums: Sequence[float]) -> float:
    """Corpus BLEU-4 of what `bleu_counts` adds up to."""
    matches, possible = sums[:_MAX_ORDER], sums[_MAX_ORDER : 2 * _MAX_ORDER]
    wanted_length, given_length = sums[2 * _MAX_ORDER :]
    if given_length == 0 or wanted_length == 0:
        return 0.0
    log_mean = sum(math.log((m + 1) / (p + 1)) for m, p in zip(matches, possible, strict=True)) / _MAX_ORDER
    ratio = given_length / wanted_length
    return math.exp(log_mean) * (1.0 if ratio > 1 else math.exp(1 - 1 / ratio))
