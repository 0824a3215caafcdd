"""Which source a row looks like, by the fields that only its rows have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["source_of_row", "source_of_rows"]

_FIELDS: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (name, frozenset(fields.split()))
    for name, fields in (
        # The most particular ones first: the first whose fields are all there is it.
        ("cursorcore", "history current user next"),
        ("cursorcore-histories", "code1 code2"),
        ("cursorcore-histories", "submissions problems_contexts"),
        ("commitpack", "old_contents new_contents"),
        ("codesearchnet", "func_name docstring code repo"),
        ("codexglue-cloze", "nl_tokens pl_tokens"),
        ("codexglue-cosqa", "doc code label"),
        ("codexglue-defect", "func target"),
        ("codexglue-clone", "func idx"),
        ("codexglue-concode", "nl code"),
        ("codexglue-completion", "input gt"),
        ("conala", "intent snippet"),
        ("tssb", "before after diff"),
        ("code-contests", "description solutions"),
        ("code-contests", "content test labels"),
        ("codegpt", "user assistant thought"),
        ("messages", "messages"),
        ("sharegpt", "conversations"),
        ("gpteacher", "instruction response"),
        ("alpaca", "instruction output"),
    )
)


def source_of_row(row: Mapping[str, Any]) -> str | None:
    """Name of the source whose row this looks like, or None."""
    keys = row.keys()
    return next((name for name, fields in _FIELDS if fields <= keys), None)


def source_of_rows(rows: Iterable[Any]) -> str | None:
    """The source that most of the rows look like, or None; what is no object looks like nothing."""
    found = [name for row in rows if isinstance(row, dict) and (name := source_of_row(row)) is not None]
    return max(dict.fromkeys(found), key=found.count) if found else None
