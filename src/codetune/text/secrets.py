"""Credentials in a text: detect-secrets' patterns, and assignments of random-looking values.

Not covered: secrets without a recognisable form or name, and personal data. Entropy alone is not
used: in source code it flags hashes, test vectors and tables far more often than keys.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache
from typing import Any

__all__ = ["find_secret"]

_ASSIGNED = re.compile(
    r"""(?ix) (?P<name>[\w-]*(?:api[_-]?key|secret|token|passw(?:or)?d|auth[_-]?key|access[_-]?key)[\w-]*)
        ["']? \s* (?:=>|:=|[:=]) \s* ["'](?P<value>[^"'\s]{16,})["']"""
)
_MIN_ENTROPY_BITS = 3.5
"""Per character; English words stay below 3.2, base64 keys of 16 characters reach 3.6 and more."""


@cache
def _detectors() -> tuple[Any, ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.base import RegexBasedDetector

    kinds = get_mapping_from_secret_type_to_class().values()
    return tuple(kind() for kind in kinds if issubclass(kind, RegexBasedDetector))


def _entropy_bits(text: str) -> float:
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts)


def find_secret(text: str) -> str | None:
    """Name the kind of the first credential in a text, or None.

    The credential itself is never returned: it must not reach `rejects/`' detail or a log.
    """
    for detector in _detectors():
        if next(iter(detector.analyze_string(text)), None):
            return str(detector.secret_type)
    for match in _ASSIGNED.finditer(text):
        value = match["value"]
        mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
        if mixed and _entropy_bits(value) >= _MIN_ENTROPY_BITS:
            return f"value assigned to {match['name']}"
    return None
