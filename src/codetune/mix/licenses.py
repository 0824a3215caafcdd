"""What the licences in a mixture add up to, said plainly.

These are reminders of what the licences' own texts say, keyed by their SPDX ids and by the names
of data sets that state a condition of their own; they are no legal advice and never complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["license_union", "license_warnings"]

_NO_TRAINING = {
    "canitedit": "CanItEdit's licence (BSD 3-Clause with a machine learning restriction) forbids training on it",
    "multipl-e": "MultiPL-E's licence (BSD 3-Clause with a machine learning restriction) forbids training on it",
}
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), warning)
    for pattern, warning in (
        (r"machine.?learning.?restriction|no-?training|LicenseRef-BSD-3-Clause-ML", "forbids training"),
        (r"\bCC-BY(-\w+)*-NC\b", "forbids commercial use"),
        (r"\bCC-BY(-\w+)*-ND\b", "forbids adapted copies"),
        (r"\bCC-BY(-NC)?-SA\b", "asks for attribution and the same licence on adapted copies"),
        (r"^CC-BY-\d", "asks for attribution"),
        (r"\b(A|L)?GPL-", "is copyleft: copies of the code stay under it"),
        (r"\bC-UDA\b", "allows computational use only; the data may be passed on under the same terms"),
    )
)


def _parts_of(expression: str) -> list[str]:
    return [part for part in re.split(r"\s+(?:AND|OR|WITH)\s+|[()]", expression) if part.strip()]


def license_union(licenses: Iterable[str]) -> str:
    """The SPDX expression that all rows together are under: every one of them, joined by AND.

    Rows without a known licence are named `NOASSERTION`, as SPDX does.
    """
    names = {"NOASSERTION" if name == "unknown" else name for name in licenses}
    compound = [f"({name})" if " " in name else name for name in names]
    return " AND ".join(sorted(compound)) if len(compound) > 1 else "".join(names)


def license_warnings(licenses: Mapping[str, int], sources: Mapping[str, int]) -> list[str]:
    """Sentences on what the mixture may not be used for.

    Args:
        licenses: SPDX expression or `unknown` -> rows.
        sources: Name of a source or benchmark -> rows.

    Returns:
        The gravest first; empty where nothing is restricted.
    """
    found: list[tuple[int, str]] = []
    for source, rows in sources.items():
        for name, text in _NO_TRAINING.items():
            if name in source.lower().replace("_", "-") and rows:
                found.append((0, f"{rows:,} rows are from {source}: {text}."))
    for license_name, rows in licenses.items():
        if license_name == "unknown":
            found.append(
                (len(_RULES) + 1, f"{rows:,} rows have no known licence; ask before passing them on.")
            )
            continue
        for gravity, (pattern, warning) in enumerate(_RULES, 1):
            if any(pattern.search(part) for part in _parts_of(license_name)):
                found.append((gravity, f"{rows:,} rows are under {license_name}, which {warning}."))
                break
    return [text for _, text in sorted(found)]
