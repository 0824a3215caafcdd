"""The keys of `--set` as a table, generated from the settings' class."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from rich.table import Table

from codetune.config.settings import Settings

__all__ = ["settings_table"]


def settings_table(kind: type[Settings], values: Mapping[str, Any] | None = None) -> Table:
    """One row for each key: its type, its default, and what it is.

    Args:
        kind: The settings' class.
        values: What is given already, where further keys depend on it.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("key", no_wrap=True)
    table.add_column("default", overflow="fold", max_width=18)
    table.add_column("what it is", overflow="fold")
    for name, entry in kind.keys(values or {}):
        table.add_row(name, _default(entry), f"{_type(entry)}: {entry.description or ''}".strip(": "))
    return table


def _default(entry: FieldInfo) -> str:
    value = entry.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "(required)"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(str, value))}]"
    return str(value)


def _type(entry: FieldInfo) -> str:
    text = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", str(entry.annotation))
    text = re.sub(r"<class '([^']+)'>", r"\1", text)
    choices = re.search(r"Literal\[([^]]+)\]", text)
    if choices:
        words = choices[1].replace("'", "").replace(", ", " | ")
        return f"list of {words}" if text.startswith("tuple") else words
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "true | false", "Path": "path"}
    for name, word in names.items():
        text = re.sub(rf"\b{name}\b", word, text)
    return re.sub(r"tuple\[(.+), \.\.\.\]", r"list of \1", text).removesuffix(" | None")
