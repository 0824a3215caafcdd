"""A snippet as generators use it: its names, the start of its documentation, its code in short.

Each part is computed once, and Python code is parsed once: the tree is handed on to whoever needs it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from codetune.code.docstrings import without_docstring
from codetune.code.parsing import python_tree
from codetune.code.scopes import is_type_head, name_of_head, split_name
from codetune.records import Snippet

__all__ = ["SnippetView", "shortened"]

_DOCUMENTATION_CHARS = 300
_EXPORTING = ("javascript", "typescript")
_EXPORT = re.compile(r"\A\s*export\s+(?:default\s+)?(?=async\b|function\b|const\b|let\b|var\b)")
_ASSIGNED = re.compile(r"\s*[\w$]+(?:\.[\w$]+|\[[^\]]*\])+\s*=[^=]")
_SEPARATORS = {"cpp": "::", "rust": "::", "ruby": "::", "php": "::"}
_CONSTRUCTORS = {
    "python": ("__init__",), "javascript": ("constructor",), "typescript": ("constructor",), "php": ("__construct",),
    "ruby": ("initialize",), "go": (), "rust": (), "c": (),
}  # fmt: skip
"""Language -> names of constructors; in the other languages they are called as their type."""


@dataclass(frozen=True)
class SnippetView:
    """One snippet on its way through a generator."""

    snippet: Snippet

    @cached_property
    def code(self) -> str:
        """The definition; `export` before it belongs to the module that it stood in, and is left out."""
        if self.language in _EXPORTING:
            return _EXPORT.sub("", self.snippet.code, count=1)
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
        return split_name(self.snippet.name) if self.snippet.name else []

    @property
    def own_name(self) -> str | None:
        """The name itself: `join` of `Thread.join`, of `Thread::join`, of `Thread#join`."""
        return self._names[-1] or None if self._names else None

    @cached_property
    def qualifiers(self) -> tuple[str, ...]:
        """What stands before the name in the code itself, as in C++'s `void Thread::join()`, or in Go as the receiver."""
        named = sum(bool(name_of_head(head, self.language)) for head in self.snippet.scopes or ())
        return tuple(self._names[:-1][named:]) if self.snippet.scopes or self.language == "go" else self._told

    @property
    def _told(self) -> tuple[str, ...]:
        """Qualifiers by the name alone: those that the code repeats, as in C++ and in `Thread.join = function`."""
        names = self._names[:-1]
        if not names or self.language not in ("cpp", *_EXPORTING):
            return ()
        if self.language == "cpp":
            written = rf"\b{re.escape(names[-1])}\s*::\s*{re.escape(self._names[-1])}"
            return tuple(names) if re.search(written, self.code) else ()
        return tuple(names) if _ASSIGNED.match(self.code) else ()

    @cached_property
    def type_heads(self) -> tuple[str, ...]:
        """Heads of the types around it, the outermost first; made from its name where no source told them."""
        scopes = tuple(head for head in self.snippet.scopes or () if is_type_head(head, self.language))
        if scopes or self.snippet.scopes or self.qualifiers or self.language in ("c", "go"):
            return scopes
        word = "impl" if self.language == "rust" else "class"
        names = self._names[:-1] if self.language == "ruby" else self._names[:-1][-1:]
        return tuple(f"{word} {name}" for name in names if name)

    @property
    def owner(self) -> str | None:
        """The type it is a member of, in full and without namespaces: `Thread` of `Thread.join`; None for a function."""
        heads = [name_of_head(head, self.language) for head in self.type_heads]
        names = [name for name in (*heads, *self.qualifiers) if name]
        return (_SEPARATORS.get(self.language, ".")).join(names) or None

    @property
    def kind(self) -> Literal["function", "method", "constructor"]:
        """What a programmer would call it."""
        if self.owner is None:
            return "method" if self.type_heads else "function"
        if self.own_name in _CONSTRUCTORS.get(self.language, (self.owner.split(".")[-1].split("::")[-1],)):
            return "constructor"
        return "method"

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
