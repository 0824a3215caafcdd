"""One sentence for each kind of wrong value, in codetune's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["explain"]

_WHAT_IT_HAS_TO_BE: Mapping[str, str] = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text (put it in quotes)",
    "string_unicode": "text in UTF-8",
    "path_type": "a path",
    "tuple_type": "a list, such as [a, b]",
    "list_type": "a list, such as [a, b]",
    "set_type": "a list, such as [a, b]",
    "dict_type": "a mapping, such as {key: value}",
    "mapping_type": "a mapping, such as {key: value}",
    "model_type": "a mapping, such as {key: value}",
    "model_attributes_type": "a mapping, such as {key: value}",
    "none_required": "null",
}
_LIMITS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda ctx: f"greater than {ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"at least {ctx['ge']:g}",
    "less_than": lambda ctx: f"less than {ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"at most {ctx['le']:g}",
    "literal_error": lambda ctx: str(ctx["expected"]),
    "enum": lambda ctx: str(ctx["expected"]),
    "string_pattern_mismatch": lambda ctx: f"text that matches {ctx['pattern']}",
    "too_short": lambda ctx: f"a list of at least {ctx['min_length']}",
    "too_long": lambda ctx: f"a list of at most {ctx['max_length']}",
    "string_too_short": lambda ctx: f"text of at least {ctx['min_length']} characters",
    "string_too_long": lambda ctx: f"text of at most {ctx['max_length']} characters",
}
_LONGEST_VALUE = 60


def explain(problem: Mapping[str, Any], key: str) -> str:
    """Say what is wrong with one value.

    Args:
        problem: One entry of pydantic's `ValidationError.errors()`.
        key: What the setting is called, dotted; empty for the settings as a whole.

    Returns:
        A sentence without its full stop.
    """
    kind = problem["type"]
    if kind in ("value_error", "assertion_error"):
        # A validator of ours: its words are the sentence.
        text = str(problem["ctx"]["error"]).rstrip(".")
        return f"{key}: {text}" if key else text
    wanted = _WHAT_IT_HAS_TO_BE.get(kind)
    if wanted is None and kind in _LIMITS:
        wanted = _LIMITS[kind](problem["ctx"])
    shown = repr(problem["input"])
    if len(shown) > _LONGEST_VALUE:
        shown = f"{shown[: _LONGEST_VALUE - 4]}...{shown[-1]}"
    name = key or "the value"
    return f"{name} has to be {wanted}, not {shown}" if wanted else f"{name} can't be {shown}"
