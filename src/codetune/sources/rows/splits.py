"""Upstream's own splits: which of train, valid and test a row is in, by its tag or its file's name.

Splits that a mixture makes itself are in `mix.select`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["SPLITS", "is_wanted", "split_of_file", "splits_of_tags"]

SPLITS = ("train", "valid", "test")
"""The names that tags and settings use."""

_NAMES = {
    "train": "train", "training": "train",
    "valid": "valid", "validation": "valid", "val": "valid", "dev": "valid", "eval": "valid",
    "test": "test", "testing": "test",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")
_TAG = "split:"


def split_of_file(name: str) -> str | None:
    """The split that a file's path names, or None; the file's own name wins over its folders.

    >>> split_of_file("python/final/jsonl/valid/python_valid_0.jsonl.gz")
    'valid'
    >>> split_of_file("cosqa-dev.json")
    'valid'
    """
    return next((_NAMES[word] for word in reversed(_WORD.findall(name.lower())) if word in _NAMES), None)


def splits_of_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The splits that tags such as `split:dev` name."""
    named = (tag.removeprefix(_TAG) for tag in tags if tag.startswith(_TAG))
    return tuple(dict.fromkeys(_NAMES.get(name, name) for name in named))


def is_wanted(splits: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether a row may be taken: all its splits are wanted, or it has none and `train` is wanted.

    Args:
        splits: Splits of the row; a function may be in two.
        wanted: Splits asked for; none takes every row.
    """
    asked = frozenset(wanted)
    return not asked or asked.issuperset(tuple(splits) or ("train",))
