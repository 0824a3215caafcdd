"""A snippet as generators use it: its names, the start of its documentation, its code in short.

Each part is computed once, and Python code is parsed once: the tree is handed on to whoever needs it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property

from codetune.code.docstrings import without_docstring
from codetune.code.parsing import python_tree
from codetune.records import Snippet

__all__ = ["SnippetView", "shortened"]

_DOCUMENTATION_CHARS = 300


@dataclass(frozen=True)
class SnippetView:
    """One snippet on its way through a generator."""

    snippet: Snippet

    @property
    def code(self) -> str:
        return self.snippet.code

    @property
    def language(self) -> str:
        return self.snippet.programming_language

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree of Python code; None for other languages and code that does not parse."""
        return python_tree(self.code) if self.language == "python" else None

    @cached_property
    def _names(self) -> list[str]:
        return re.split(r"\.|::|#|->", self.snippet.name) if self.snippet.name else []

    @property
    def own_name(self) -> str | None:
        """The name itself: `join` of `Thread.join`, of `Thread::join`, of `Thread#join`."""
        return self._names[-1] or None if self._names else None

    @property
    def owner(self) -> str | None:
        """What it is a member of, in full: `Thread` of `Thread.join`; None for a function."""
        return ".".join(self._names[:-1]) or None

    @cached_property
    def documentation(self) -> str:
        """First paragraph of the documentation on one line, cut at a word."""
        text = " ".join((self.snippet.docstring or "").strip().split("\n\n")[0].split())
        if len(text) <= _DOCUMENTATION_CHARS:
            return text
        return text[:_DOCUMENTATION_CHARS].rsplit(" ", 1)[0] + " ..."

    @cached_property
    def undocumented(self) -> str:
        """The code, for Python without its docstring: that is shown apart."""
        return without_docstring(self.code, self.language, self.tree)

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """All names that stand in the code."""
        return frozenset(re.findall(r"[A-Za-z_]\w*", self.code))


def shortened(code: str, characters: int) -> str:
    """Code cut at a line's end after at most so many characters; what is cut is marked."""
    if len(code) <= characters:
        return code
    return code[:characters].rsplit("\n", 1)[0] + "\n..."
