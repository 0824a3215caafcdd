"""What a model would see of a row, whatever its type: the text that is searched for benchmark items."""

from __future__ import annotations

from collections.abc import Iterator

from codetune.records import Record

__all__ = ["row_text"]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _texts(part)
    elif hasattr(value, "__dataclass_fields__"):
        # Revisions and messages: what they say, not what kind they are.
        for name in ("code", "content"):
            yield from _texts(getattr(value, name, None))


def row_text(row: Record) -> str:
    """What a model would see of a row, of any record type."""
    return "\n".join(
        text
        for name in type(row).content_fields
        if name != "task"
        for text in _texts(getattr(row, name))
        if text
    )
