"""What the page calls a task's metric, for readers who know neither the name nor the field."""

from __future__ import annotations

__all__ = ["measure_name", "measure_title"]

_TITLES = {
    "smoothed_bleu4": "overlap with the authors' own words",
    "rouge_l": "overlap with the authors' own words",
    "bleu": "overlap with the reference",
    "codebleu": "overlap with the reference, as code",
    "exact_match": "answers equal to the reference",
    "edit_similarity": "likeness to the reference",
    "found_among_ten": "code found by the answer alone, among ten",
    "accuracy@1": "right choices",
    "accuracy": "right answers",
    "pass@1": "programs that pass all tests",
}
_NAMES = {
    "smoothed_bleu4": "smoothed BLEU-4",
    "rouge_l": "ROUGE-L",
    "bleu": "BLEU",
    "codebleu": "CodeBLEU",
    "exact_match": "exact match",
    "edit_similarity": "edit similarity",
    "found_among_ten": "found among ten",
}


def measure_title(metric: str) -> str:
    """What a metric measures, in words: `smoothed_bleu4` is `overlap with the authors' own words`."""
    return _TITLES.get(metric, metric)


def measure_name(metric: str) -> str:
    """A metric's name as the field writes it: `smoothed_bleu4` is `smoothed BLEU-4`."""
    return _NAMES.get(metric, metric)
