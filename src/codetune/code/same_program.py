"""Whether two texts are the same program, however they are laid out; comments don't count."""

from __future__ import annotations

import ast

from codetune.code.parsing import is_parsed_language, tokens

__all__ = ["same_lines", "same_program"]


def same_lines(a: str, b: str) -> bool:
    """Whether two texts differ in blank lines and in white space at line ends alone."""
    one, other = ([line.rstrip() for line in text.split("\n") if line.strip()] for text in (a, b))
    return one == other


def same_program(a: str, b: str, language: str | None) -> bool:
    """Whether only layout differs.

    Args:
        a: A program.
        b: Another.
        language: Its name; in one that is not parsed nothing can be said, and the answer is False.
    """
    if language is None or not is_parsed_language(language):
        return False
    if language != "python":
        return tokens(a, language) == tokens(b, language)
    try:  # indentation is meaning here, so that tokens alone don't tell
        return ast.dump(ast.parse(a)) == ast.dump(ast.parse(b))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return same_lines(a, b)
