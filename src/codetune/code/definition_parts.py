"""What a definition is made of."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Definition"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a function, method or class is made of."""

    signature: str
    """From the first decorator-free line to the start of the body, without the body's opening."""
    code: str
    """The whole definition without its docstring."""
    body_lines: int
    """Lines of the body that are code: no blanks, comments, docstring."""
    is_empty: bool
    """Nothing but `pass`, `...` or a raised NotImplementedError; there is nothing to learn."""
