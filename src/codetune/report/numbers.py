"""Formats numbers for the page. A number that was not measured is written `not run`, never zero."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = [
    "NOT_RUN",
    "byte_size",
    "count",
    "duration",
    "number",
    "p_value",
    "percent",
    "plural",
    "points",
    "significant",
]

NOT_RUN = "not run"
_MINUS = "\N{MINUS SIGN}"


def number(values: Mapping[str, Any] | None, *path: str) -> float | None:
    """Look a number up in nested plain data.

    Args:
        values: What a stage wrote, as read from JSON; None where there is nothing.
        path: Keys, outermost first.

    Returns:
        The number; None where a key is missing or the value is not a finite number. A boolean is
        not a number.
    """
    here: Any = values
    for key in path:
        if not isinstance(here, Mapping) or key not in here:
            return None
        here = here[key]
    if isinstance(here, bool) or not isinstance(here, int | float) or not math.isfinite(here):
        return None
    return here


def count(value: float | None) -> str:
    """`1234` as `1,234`."""
    return NOT_RUN if value is None else f"{round(value):,}"


def percent(fraction: float | None, digits: int = 1) -> str:
    """A fraction in [0, 1] as `6.1%`."""
    return NOT_RUN if fraction is None else f"{100 * fraction:.{digits}f}%"


def plural(record: str | None) -> str:
    """What the rows of a record type are called in a sentence: `Snippet` as `snippets`."""
    return f"{record.lower()}s" if record else "rows"


def points(difference: float | None, digits: int = 1) -> str:
    """A difference of two fractions in percentage points, with its sign: `+1.2`."""
    if difference is None:
        return NOT_RUN
    text = f"{100 * abs(difference):.{digits}f}"
    if not text.strip("0."):
        return text
    return f"{'+' if difference > 0 else _MINUS}{text}"


def significant(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits, without an exponent where it can be helped."""
    if value is None:
        return NOT_RUN
    text = f"{value:,.{digits}g}"
    if "e" not in text:
        return text.replace("-", _MINUS)
    return (f"{value:,.0f}" if abs(value) >= 1 else text).replace("-", _MINUS)


def p_value(value: float | None) -> str:
    """A p-value as `p = 0.69`; below 0.001 as `p < 0.001`."""
    if value is None:
        return NOT_RUN
    return "p < 0.001" if value < 0.001 else f"p = {value:.{2 if value >= 0.1 else 3}f}"


def duration(seconds: float | None) -> str:
    """Seconds in a readable unit."""
    if seconds is None:
        return NOT_RUN
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 99.5:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 99.5:
        return f"{minutes:.1f} min"
    return f"{int(minutes // 60)} h {int(minutes % 60):02d} min"


def byte_size(size: float | None) -> str:
    """Bytes in powers of 1,000."""
    if size is None:
        return NOT_RUN
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("unreachable")
