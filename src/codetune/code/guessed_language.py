"""The language of code that comes without a name: the first one whose grammar reads it without an error."""

from __future__ import annotations

import re

from codetune.code.parsing import is_parsed_language, parses

__all__ = ["guessed_language"]

_ORDER = ("python", "go", "rust", "c", "java", "csharp", "javascript", "typescript", "cpp", "php", "ruby")
"""Strict grammars first: the later ones also read what the earlier ones do."""
_MARKS = {
    "c": re.compile(r"\A(?!.*\b(?:class|namespace|using|public|template|interface|import)\b)", re.DOTALL),
    "php": re.compile(r"<\?"),
    "ruby": re.compile(r"\b(?:def|end|puts|require|do|class|module)\b"),
}
"""Grammars that read more than their language, and what the code has to have, or not to have."""


def guessed_language(code: str) -> str | None:
    """A name of `languages.LANGUAGES`, or None where no grammar reads the code.

    Short code may be several languages at once; the answer is then the first of them.
    """
    if not code.strip():
        return None
    for name in _ORDER:
        marked = name not in _MARKS or _MARKS[name].search(code)
        if marked and is_parsed_language(name) and parses(code, name):
            return name
    return None
