"""Comments before the first code: where most languages keep a definition's documentation."""

from __future__ import annotations

import re

__all__ = ["strip_leading_comments"]

_LINE_COMMENT = re.compile(r"(?://|\#(?!\[|!\[|include|define|if|endif|pragma|undef|region))[^\n]*(?:\n|$)")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/[ \t]*\n?", re.DOTALL)
_RUBY_BLOCK = re.compile(r"=begin\b.*?^=end[^\n]*(?:\n|$)", re.DOTALL | re.MULTILINE)
_BLANKS = re.compile(r"\s*")


def strip_leading_comments(code: str) -> str:
    """Drop the comments before the first code; comments inside the code stay."""
    position = 0
    while True:
        blank = _BLANKS.match(code, position)
        start = blank.end() if blank else position
        for pattern in (_BLOCK_COMMENT, _LINE_COMMENT, _RUBY_BLOCK):
            found = pattern.match(code, start)
            if found:
                position = found.end()
                break
        else:
            line_start = code.rfind("\n", 0, start) + 1
            return code[max(line_start, position) if line_start >= position else start :]
