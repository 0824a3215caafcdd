"""The language of a file whose extension several languages share: told by what the file holds.

`.h` is C, C++ or Objective-C; `.ts` is TypeScript or the translations of a Qt program. Other files are
told by `languages.language_of_path` alone.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from codetune.code.languages import language_of_path
from codetune.code.parsing import parse

__all__ = ["languages_of_extension", "told_language"]

_SHARED = {".h": ("c", "cpp")}
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_CPP = re.compile(
    r"(?m)^\s*(?:namespace\s+[\w:]*\s*\{|inline\s+namespace\b|template\s*<|using\s+(?:namespace\s+)?\w+(?:\s*=|::)"
    r"|(?:class|struct)\s+[\w\s()]*:\s*(?:public|private|protected|virtual)\b|class\s+\w[\w\s()]*[{:]"
    r"|(?:public|private|protected)\s*:|(?:virtual|constexpr|explicit|friend)\s)|\bstd::|\boperator\s*[=<>+\-*(\[]"
)
_OBJECTIVE_C = re.compile(r"(?m)^\s*(?:@(?:interface|protocol|class|import|property|end)\b|#import\b)")
_XML = re.compile(r"\A\s*(?:<\?xml|<!DOCTYPE TS|<TS\b)")


def languages_of_extension(path: str) -> tuple[str, ...]:
    """The parsed languages that a file of this name may be written in."""
    language = language_of_path(path)
    return _SHARED.get(PurePath(path).suffix.lower(), (language,) if language else ())


def told_language(path: str, text: str) -> str | None:
    """The language of a file.

    A header is C++ where it has what only C++ has and the C++ grammar reads it with no more errors than
    the C grammar; declarations in the common part of both are C.

    Args:
        path: Its name, for the extension.
        text: What it holds.

    Returns:
        A name of `languages.LANGUAGES`; None where it is none of those that the extension stands for.
    """
    end = path[-3:].lower()
    if end == ".ts" and _XML.match(text):
        return None
    if end.endswith(".h"):
        return _language_of_header(text)
    return language_of_path(path)


def _language_of_header(text: str) -> str | None:
    code = _COMMENT.sub(" ", text)
    if _OBJECTIVE_C.search(code):
        return None
    return "cpp" if _CPP.search(code) and _errors(text, "cpp") <= _errors(text, "c") else "c"


def _errors(text: str, language: str) -> int:
    """Bytes of a text that a grammar can't read, and tokens that it misses."""
    pending = [parse(text, language)[0].root_node]
    found = 0
    while pending:
        node = pending.pop()
        if node.is_error:
            found += node.end_byte - node.start_byte
        elif node.is_missing:
            found += 1
        elif node.has_error:
            pending.extend(node.children)
    return found
