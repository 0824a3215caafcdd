"""Source text as a grammar can read it that knows no preprocessor: macros and conditions become blanks.

In: the bytes of C, C++ or C#. Out: readings of the same length, so that every offset stays. Only texts that a
grammar fails on are read so; nothing is expanded, and of several branches the first is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["PREPROCESSED", "has_whole_conditions", "readings"]

PREPROCESSED = frozenset({"c", "cpp", "csharp"})
"""Languages whose text may hold conditions."""

_MACRO = rb"[A-Z][A-Z0-9]*_[A-Z0-9_]+"
_ALONE = re.compile(rb"^[ \t]*" + _MACRO + rb"[ \t]*(?:\([^\n]*\))?[ \t]*$", re.MULTILINE)
_BEFORE_NAME = re.compile(
    rb"(?<![\w.>#\"])(?<!define )(?<!ifdef )(?<!ifndef )(?<!undef )"
    + _MACRO
    + rb"(?=[ \t\n]+[*&~]*[A-Za-z_])"
)
_AFTER_HEAD = re.compile(rb"(?<=\))([ \t]*(?:const|noexcept)?[ \t]*)(" + _MACRO + rb")(?=[ \t\n]*[{;])")
_BEFORE_BLOCK = re.compile(rb"(?<![\w)#])" + _MACRO + rb"(?=[ \t]*\{)")
_WRAPPED_TYPE = re.compile(
    rb"(?<![\w.>#])" + _MACRO + rb"\([\w \t*:<>]+\)(?=[ \t\n]+[*&]*[A-Za-z_]\w*[ \t]*\()"
)
_CONDITION = re.compile(
    rb"^[ \t]*#[ \t]*(ifdef|ifndef|if|elif|else|endif)\b[^\n]*(?:\\\n[^\n]*)*$", re.MULTILINE
)


def readings(data: bytes, language: str) -> Iterator[bytes]:
    """Other readings of a text, the one that changes least first; none where nothing can be blanked.

    Args:
        data: Source text.
        language: A name in `PREPROCESSED`.
    """
    seen = {data}
    plain = _without_conditions(data)
    candidates = [plain] if language == "csharp" else [_without_macros(data), plain, _without_macros(plain)]
    for reading in candidates:
        if reading not in seen:
            seen.add(reading)
            yield reading


def has_whole_conditions(code: str) -> bool:
    """Whether each `#if` of a piece of code has its `#endif` in it, and the other way round."""
    depth = 0
    for found in _CONDITION.finditer(code.encode("utf-8", "replace")):
        opens, closes = found[1] in (b"if", b"ifdef", b"ifndef"), found[1] == b"endif"
        if not opens and not depth:
            return False
        depth += opens - closes
    return depth == 0


def _blank(text: bytes) -> bytes:
    return re.sub(rb"[^\n]", b" ", text)


def _without_macros(data: bytes) -> bytes:
    """Names in capitals blanked where they are neither a value nor a call that a statement ends."""
    data = _WRAPPED_TYPE.sub(lambda found: re.sub(rb"\W", b"_", found[0]), data)  # one word: a type's name
    data = _ALONE.sub(lambda found: _blank(found[0]), data)
    data = _AFTER_HEAD.sub(lambda found: found[1] + _blank(found[2]), data)
    data = _BEFORE_NAME.sub(lambda found: _blank(found[0]), data)
    return _BEFORE_BLOCK.sub(lambda found: _blank(found[0]), data)


def _without_conditions(data: bytes) -> bytes:
    """Conditions blanked, with every branch but the first of each."""
    parts: list[bytes] = []
    place = 0
    branches: list[int] = []
    for found in _CONDITION.finditer(data):
        text = data[place : found.start()]
        parts.append(_blank(text) if any(branches) else text)
        parts.append(_blank(found[0]))
        place = found.end()
        word = found[1]
        if word in (b"if", b"ifdef", b"ifndef"):
            branches.append(0)
        elif word == b"endif":
            if branches:
                branches.pop()
        elif branches:
            branches[-1] += 1
    parts.append(_blank(data[place:]) if any(branches) else data[place:])
    return b"".join(parts)
