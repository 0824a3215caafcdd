"""A definition taken apart: its signature, and its code without the docstring.

Python goes through `ast`, which knows exactly what a docstring is; the other languages keep theirs
in comments before the definition, which are stripped.
"""

from __future__ import annotations

import re
from functools import lru_cache

from codetune.code.comments import strip_leading_comments
from codetune.code.definition_parts import Definition
from codetune.code.python_definition import split_python
from codetune.code.tree_definition import split_with_tree

__all__ = ["leaks", "split_definition"]


@lru_cache(maxsize=64)  # the tasks made of one snippet ask for the same code in turn
def split_definition(code: str, programming_language: str) -> Definition | None:
    """Take a definition apart.

    Args:
        code: One dedented definition, as in `Snippet.code`.
        programming_language: Lower-case name.

    Returns:
        Its parts, or None where the code doesn't parse or holds no definition.
    """
    if programming_language == "python":
        return split_python(code)
    return split_with_tree(strip_leading_comments(code), programming_language)


def _normalised(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def leaks(answer: str, code: str) -> bool:
    """Whether an answer of three words or more can be read off the code it is the answer to."""
    wanted = _normalised(answer)
    return wanted.count(" ") >= 2 and f" {wanted} " in f" {_normalised(code)} "
